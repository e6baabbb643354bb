import { expect, test } from 'bun:test'
import { openDevMailbox } from '@/lib/dev-mailbox'
import { securityHeaders } from '@/http/response/security-headers'
import { renderSample } from '../support/mail-samples'
import { mailSite, openSite } from '../support/site'
import { tempFolder } from '../support/temp'

const ID = 'VNn0CSvXyyfZ5l8j2IpSC4'
const PATHS = ['/dev/mailbox', `/dev/mailbox/${ID}`, `/dev/mailbox/${ID}/html`, `/dev/mailbox/${ID}/eml`]

/** A developer's mailbox with these mails. */
async function siteWith(ids: string[]) {
  const site = await mailSite()
  const mailboxFolder = tempFolder('mailbox')
  Object.assign(site.deps, { mailboxFolder })
  const sender = { from: { name: 'App', address: 'no-reply@localhost' }, replyTo: '' }
  const mailer = openDevMailbox({ sender, now: site.deps.now, onMail: () => undefined, folder: mailboxFolder })
  for (const id of ids) {
    await mailer.send({ id, to: 'ann@example.test', ...renderSample('reset-password') })
    site.advance(1000)
  }
  return { ...site, visitor: site.browser() }
}

test('the mailbox lists the mails, newest first', async () => {
  const other = ID.replace('V', 'W')
  const { visitor } = await siteWith([ID, other])
  const { status, html } = await visitor.get('/dev/mailbox')
  expect(status).toBe(200)
  const links = [...html.matchAll(/href="\/dev\/mailbox\/([\w-]{20,})"/g)].map(([, id]) => id)
  expect(links).toEqual([other, ID])
  expect(html).toContain('ann@example.test')
  expect((await (await siteWith([])).visitor.get('/dev/mailbox')).html).toContain('No emails yet')
})

test('the page of a mail shows its text, and its links can be clicked', async () => {
  const { visitor } = await siteWith([ID])
  const { html } = await visitor.get(`/dev/mailbox/${ID}`)
  const [link = ''] = /https:\/\/app\.example\.test\/reset-password\?token=[\w-]{43}/.exec(html) ?? []
  expect(html).toContain(`<a href="${link}">${link}</a>`)
  expect(html).toContain('If you didn’t ask for this, ignore this email.')
})

test('the HTML of a mail has an origin of its own and sends no referrer', async () => {
  const { app } = await siteWith([ID])
  const { status, headers } = await app.handle(new Request(`http://localhost/dev/mailbox/${ID}/html`))
  expect(status).toBe(200)
  expect(headers.get('content-type')).toBe('text/html; charset=utf-8')
  expect(Object.fromEntries(headers)).toMatchObject({
    ...securityHeaders,
    'content-security-policy':
      "default-src 'none'; style-src 'unsafe-inline'; sandbox allow-popups allow-popups-to-escape-sandbox",
    'referrer-policy': 'no-referrer',
  })
})

test('a mail can be downloaded as a file', async () => {
  const { app } = await siteWith([ID])
  const response = await app.handle(new Request(`http://localhost/dev/mailbox/${ID}/eml`))
  expect(response.headers.get('content-disposition')).toBe(`attachment; filename="${ID}.eml"`)
  expect(response.headers.get('content-type')).toBe('message/rfc822')
  expect(await response.text()).toContain(`Message-ID: <${ID}@localhost>`)
})

test('clearing the mailbox deletes all mails, and an unknown mail is a 404', async () => {
  const { visitor } = await siteWith([ID])
  expect((await visitor.get(`/dev/mailbox/${ID}x`)).status).toBe(404)
  expect((await visitor.get('/dev/mailbox/..%2f..%2fpackage')).status).toBe(404)
  expect(await visitor.post('/dev/mailbox/clear')).toMatchObject({ status: 303, to: '/dev/mailbox' })
  for (const path of PATHS.slice(1)) expect((await visitor.get(path)).status).toBe(404)
  expect((await visitor.get('/dev/mailbox')).html).toContain('No emails yet')
})

test('another site cannot clear the mailbox', async () => {
  const { app, visitor } = await siteWith([ID])
  const headers = { 'sec-fetch-site': 'cross-site', origin: 'https://evil.test' }
  const response = await app.handle(new Request('http://localhost/dev/mailbox/clear', { method: 'POST', headers }))
  expect(response.status).toBe(403)
  expect((await visitor.get(`/dev/mailbox/${ID}`)).status).toBe(200)
})

const SMTP = { MAIL_URL: 'smtp://localhost:25', MAIL_FROM: 'no-reply@example.test' }
const PRODUCTION = { NODE_ENV: 'production', APP_URL: 'https://app.example.test' }

test.each<Record<string, string>>([{ MAIL_URL: 'off' }, SMTP, PRODUCTION, { ...PRODUCTION, ...SMTP }])(
  'the mailbox does not exist with %j',
  async (env) => {
    const { app, deps } = await openSite(env)
    expect(app.routes.filter(({ path }) => path.startsWith('/dev'))).toEqual([])
    for (const path of PATHS) expect((await app.handle(new Request(deps.config.appUrl + path))).status).toBe(404)
  },
)

test('production does not start with MAIL_URL=mailbox:', async () => {
  await expect(openSite({ ...PRODUCTION, MAIL_URL: 'mailbox:' })).rejects.toThrow(
    'MAIL_URL=mailbox: is for development only',
  )
})

test('no login leads to the mailbox', async () => {
  const site = await mailSite()
  expect((await site.browser().get('/login?next=/dev/mailbox')).status).toBe(400)
})
