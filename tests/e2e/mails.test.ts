import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from 'bun:test'
import type { Page } from 'playwright-core'
import { minutes } from '@/lib/duration'
import { openDevMailbox } from '@/lib/dev-mailbox'
import { changeRole } from '@/model/users/roles'
import { enqueueMail } from '@/model/mails/mails'
import { mailTemplates, renderSample } from '../support/mail-samples'
import { smtpErrors } from '../support/mailbox'
import { ann } from '../support/people'
import { tempFolder } from '../support/temp'
import { violationsInThemes } from './axe'
import { browserOfFile, hasChromium, logInWithoutForm, openListeningSite, openPage } from './chromium'

setDefaultTimeout(20_000)

const browser = browserOfFile()

const LONG = { APP_URL: `https://${'accounts.'.repeat(5)}example.test`, APP_NAME: 'W'.repeat(40) }

describe.if(hasChromium)('the HTML of a mail', () => {
  let page: Page
  beforeAll(async () => void (page = await (await browser()).newPage({ viewport: { width: 360, height: 640 } })))
  afterAll(() => page.close())

  test.each(mailTemplates)(
    '%s passes axe in light and dark, and does not scroll sideways at 360 px',
    async (template) => {
      for (const env of [LONG, {}]) {
        await page.setContent(renderSample(template, env).html)
        expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(360)
      }
      expect(await violationsInThemes(page)).toEqual([])
    },
  )

  test('has the dark colors of the theme if the device asks for them', async () => {
    const context = await (await browser()).newContext({ colorScheme: 'dark' })
    const page = await context.newPage()
    await page.setContent(renderSample('reset-password').html)
    const color = (selector: string) =>
      page.evaluate<string>(`getComputedStyle(document.querySelector('${selector}')).backgroundColor`)
    expect(await color('a.button')).toBe('rgb(111, 211, 192)')
    expect(await color('body')).toBe('rgb(19, 23, 24)')
    await context.close()
  })

  test('loads nothing, so that no other server learns that it was read', async () => {
    const context = await (await browser()).newContext()
    const page = await context.newPage()
    const requests: string[] = []
    page.on('request', (request) => void requests.push(request.url()))
    for (const template of mailTemplates) await page.setContent(renderSample(template).html) // waits for what it loads
    await page.waitForLoadState('networkidle')
    expect(requests).toEqual([])
    await context.close()
  })
})

const ID = 'VNn0CSvXyyfZ5l8j2IpSC4'

/** A site with one mail in the developer's mailbox, and three in the outbox of a mail server that fails. */
async function openSiteWithMails() {
  const site = await openListeningSite({ MAIL_URL: 'mailbox:' })
  const { deps, users, mailbox, advance, deliverMail } = site
  const folder = tempFolder('mailbox')
  Object.assign(deps, { mailboxFolder: folder })
  const sender = { from: { name: 'App', address: 'no-reply@localhost' }, replyTo: '' }
  const onMail = () => undefined
  const content = renderSample('reset-password', { APP_URL: site.url })
  await openDevMailbox({ sender, now: deps.now, onMail, folder }).send({ id: ID, to: ann.email, ...content })
  await changeRole(deps, users.ann, 'admin', 'test')
  for (const error of [smtpErrors.noMailbox, smtpErrors.mailboxFull, smtpErrors.refused]) {
    mailbox.failWith(error)
    await enqueueMail(deps, { kind: 'reset-password', recipient: `${'long-'.repeat(10)}@department.example.test` })
    await deliverMail()
  }
  advance(minutes(1))
  await deliverMail()
  return site
}

describe.if(hasChromium)('the pages about mail', () => {
  test('pass axe in light and dark, and do not scroll sideways at 360 px with large text', async () => {
    const site = await openSiteWithMails()
    const { page, context, complaints } = await openPage(await browser(), site, {
      viewport: { width: 360, height: 640 },
      reducedMotion: 'reduce',
    })
    await logInWithoutForm(page, site)
    for (const path of ['/admin/mail', '/dev/mailbox', `/dev/mailbox/${ID}`]) {
      await page.goto(path)
      expect([path, await violationsInThemes(page)]).toEqual([path, []])
      const width = await page.evaluate(
        "document.documentElement.style.fontSize = '200%', document.documentElement.scrollWidth",
      )
      expect([path, width]).toEqual([path, 360])
    }
    expect(await page.locator('main').innerText()).toContain('Choose a new password')
    expect(complaints).toEqual([])
    await context.close()
    await site.close()
  })

  test('a link in the sandboxed HTML leads to the site as from a webmail', async () => {
    const site = await openSiteWithMails()
    const { page, context } = await openPage(await browser(), site)
    await page.goto(`/dev/mailbox/${ID}/html`)
    const sent = page.waitForRequest((request) => request.url().includes('/reset-password?token='))
    await page.click('a.button')
    const headers = await (await sent).allHeaders()
    expect([headers['sec-fetch-site'], headers.referer]).toEqual(['cross-site', undefined])
    await page.waitForURL(`${site.url}/reset-password`)
    await context.close()
    await site.close()
  })
})
