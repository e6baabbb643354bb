import { expect, setDefaultTimeout, test } from 'bun:test'
import { readFileSync } from 'node:fs'
import { ann } from '../support/people'
import { text } from './chromium'
import { withScriptsAndWithout } from './stories'

setDefaultTimeout(30_000)

withScriptsAndWithout((its) => {
  test('a user downloads the data, deletes the account, and keeps it at the next login', async () => {
    const { page, send, logIn, mistype } = its()
    await page.setViewportSize({ width: 360, height: 740 })
    await logIn()
    await page.goto('/settings')
    await page.click('main [href="/settings/delete"]')
    await page.waitForURL('**/settings/delete')
    await page.click('text=Download your data first')
    await page.waitForURL('**/settings/export')
    const [file] = await Promise.all([page.waitForEvent('download'), page.click('main button:has-text("Download")')])
    expect(file.suggestedFilename()).toMatch(/^account-data-\d{4}-\d\d-\d\d\.json$/)
    expect(JSON.parse(readFileSync(await file.path(), 'utf8')).account.email).toBe(ann.email)

    await page.goto('/settings/delete')
    expect(await mistype({ email: 'eve@example.test' }, 'email-error')).toStartWith(`Type ${ann.email}, `)
    await page.fill('#email', ann.email)
    await send()
    await page.waitForSelector('#flash:has-text("Your account will be deleted in 14 days.")')
    await page.goto('/login?next=/dashboard')
    await page.fill('#email', ann.email)
    await page.fill('#password', ann.password)
    await send()
    await page.waitForSelector('h1:has-text("Your account is scheduled for deletion")')
    await page.click('button:has-text("Delete it as planned")')
    await page.waitForURL(/:\d+\/$/)

    await page.goto('/login?next=/dashboard')
    await page.fill('#email', ann.email)
    await page.fill('#password', ann.password)
    await send()
    await page.waitForSelector('h1:has-text("Your account is scheduled for deletion")')
    await page.click('button:has-text("Keep my account")')
    await page.waitForURL('**/dashboard')
    expect(await text(page, '#flash')).toBe('Your account will not be deleted.')
  })
})
