import { expect, test } from 'bun:test'
import type { Page } from 'playwright-core'
import { ann, eve } from '../support/people'
import { inTime } from './in-time'

async function logInByForm(page: Page, { email, password }: typeof ann) {
  await page.fill('#email', email)
  await page.fill('#password', password)
  await page.click('main form button[type=submit]')
  await page.waitForURL('**/profile')
}

inTime((story) => {
  test('a second login of the same user keeps the typed text of other tabs', async () => {
    const its = story()
    const { page, context } = its
    const second = await context.newPage()
    await second.goto('/login')
    await its.logIn()
    await page.fill('#name', 'Ann Lee')
    await logInByForm(second, ann)
    const checked = page.waitForResponse((response) => response.url().endsWith('/session') && response.status() === 200)
    await checked
    await page.waitForSelector('h1:has-text("Welcome, Ann!")')
    expect(await page.inputValue('#name')).toBe('Ann Lee')
    await page.click('main form button[type=submit]')
    await page.waitForSelector('h1:has-text("Welcome, Ann Lee!")')
  })

  test('a login of another user loads the pages of other tabs again', async () => {
    const its = story()
    const { page, context } = its
    const second = await context.newPage()
    await second.goto('/login')
    await its.logIn()
    await page.fill('#name', 'Ann Lee')
    await logInByForm(second, eve)
    await page.waitForSelector('h1:has-text("Welcome, Eve!")')
    expect(await page.inputValue('#name')).toBe('Eve')
  })
})
