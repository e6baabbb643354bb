import { expect, setDefaultTimeout, test } from 'bun:test'
import { changeRole } from '@/model/users/roles'
import { tokenTest } from '../support/features'
import { eve } from '../support/people'
import { text } from './chromium'
import { withScriptsAndWithout } from './stories'

setDefaultTimeout(30_000)

withScriptsAndWithout((its) => {
  tokenTest('a user creates an API token, sees it once, uses it and revokes it', async () => {
    const { page, site, logIn, mistype } = its()
    await logIn()
    await page.goto('/settings')
    await page.click('main [href="/settings/tokens"]')
    await page.waitForURL('**/settings/tokens')
    await page.click('text=New token')
    await page.waitForURL('**/settings/tokens/new')
    expect(await mistype({ name: ' ' }, 'name-error')).toBe('Enter a name for the token.')
    await page.fill('#name', 'backup script')
    await page.check('[value="profile:write"]')
    await page.click('text=Create token')
    const token = await text(page, '#new-token')
    const me = () => fetch(`${site.url}/api/me`, { headers: { authorization: `Bearer ${token}` } })
    expect((await me()).status).toBe(200)
    await page.goto('/settings/tokens')
    expect(await page.locator('#new-token').count()).toBe(0)
    expect(await text(page, '.row b')).toBe('backup script')
    await page.click('a:has-text("Revoke")')
    await page.click('button:has-text("Revoke")')
    await page.waitForSelector('#flash:has-text("Token revoked.")')
    expect((await me()).status).toBe(401)
  })

  test('an admin finds a user, makes them support and deactivates them, and the next click of that user asks for a login', async () => {
    const { page, site, openAnother, logIn } = its()
    await changeRole(site.deps, site.users.ann, 'admin', 'command line')
    const eves = await openAnother()
    await logIn(eve, eves)
    await logIn()
    await page.click('nav.side >> text=Users')
    await page.fill('#q', 'EVE')
    await page.click('search button')
    await page.click('td a:has-text("Eve")')
    await page.selectOption('#role', 'support')
    await page.click('text=Change role')
    await page.waitForSelector('#flash:has-text("Role changed.")')
    await eves.reload()
    await eves.click('nav.side >> text=Users')
    await eves.waitForSelector('h1:has-text("Users")')
    await page.click('main a:has-text("Deactivate")')
    await page.waitForSelector('h1:has-text("Deactivate Eve?")')
    await page.click('button:has-text("Deactivate")')
    await page.waitForSelector('#flash:has-text("Account deactivated.")')
    // With scripts the page follows the end of its session by itself, which can abort the reload.
    await Promise.all([eves.waitForURL('**/login?next=%2Fadmin%2Fusers'), eves.reload().catch(() => null)])
    await eves.context().close()
  })
})
