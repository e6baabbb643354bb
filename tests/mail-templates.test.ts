import { expect, test } from 'bun:test'
import { simpleParser } from 'mailparser'
import { branding } from '@/config/branding'
import { toEml } from '@/lib/smtp'
import { renderMail } from '@/mail-templates'
import type { MailContent } from '@/ui/mail-content'
import { mailConfig, mailData, mailTemplates, renderSample } from './support/mail-samples'
import { adminTest } from './support/features'
import { annAsAdmin } from './support/roles'
import { ann } from './support/people'
import { makeToken } from './support/tokens'

// Rules for every mail. The table has all templates.

const ID = 'VNn0CSvXyyfZ5l8j2IpSC4'
const LONG_NAME = 'Bücherei “東京” <Nord> & Söhne, seit 1999'
const SITES: Record<string, string>[] = [{}, { APP_NAME: LONG_NAME, MAIL_REPLY_TO: 'help@example.test' }]

const table = mailTemplates.flatMap((template) => SITES.map((env) => [template, env] as const))

test.each(table)(
  'a %s mail has one recipient, one sender, one subject, the headers of an automatic mail and both parts (%j)',
  async (template, env) => {
    const { mail } = mailConfig({ MAIL_FROM: 'no-reply@example.test', ...env })
    const content = renderSample(template, env)
    const bytes = Buffer.from(await toEml({ id: ID, to: mailData.email, ...content }, mail))
    const [head = ''] = bytes.toString('latin1').split('\r\n\r\n')
    expect(head).toMatch(/^[\x20-\x7e\r\n]*$/)
    const count = (name: string) => head.match(new RegExp(`^${name}:`, 'gim'))?.length ?? 0
    const once = ['From', 'To', 'Subject', 'Date', 'Message-ID', 'Auto-Submitted', 'X-Auto-Response-Suppress']
    expect(once.map(count)).toEqual(once.map(() => 1))
    expect(['Cc', 'Bcc', 'List-Unsubscribe'].map(count)).toEqual([0, 0, 0])
    expect(
      Math.max(
        ...bytes
          .toString('latin1')
          .split('\r\n')
          .map(({ length }) => length),
      ),
    ).toBeLessThanOrEqual(998)
    expect(bytes.toString('latin1')).toMatch(
      /multipart\/alternative[^]*text\/plain; charset=utf-8[^]*text\/html; charset=utf-8/,
    )
    expect(bytes.toString('latin1').match(/Content-Transfer-Encoding: quoted-printable/g)).toHaveLength(2)

    const parsed = await simpleParser(bytes)
    expect([parsed.to].flat().map((one) => one?.value)).toEqual([[{ name: '', address: mailData.email }]])
    expect(parsed.from?.value).toEqual([{ name: env.APP_NAME ?? branding.name, address: 'no-reply@example.test' }])
    expect(parsed.replyTo?.value[0]?.address).toBe(env.MAIL_REPLY_TO)
    expect(parsed.subject).toBe(content.subject)
    expect(parsed.messageId).toBe(`<${ID}@example.test>`)
    expect(
      ['auto-submitted', 'x-auto-response-suppress', 'x-entity-ref-id'].map((name) => parsed.headers.get(name)),
    ).toEqual(['auto-generated', 'All', ID])
    expect(parsed.attachments).toEqual([])
    expect(parsed.text?.trim()).toBe(content.text.trim())
    expect(`${parsed.html}`.trim()).toBe(content.html)
  },
)

const unescape = (html: string) =>
  html
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&#34;', '"')
    .replaceAll('&#39;', "'")
    .replaceAll('&amp;', '&')

/** Words without addresses of pages: the text writes out those of links, the HTML only those of buttons. */
const wordsOf = (text: string) => text.replaceAll(/https?:\/\/\S+/g, ' ').match(/[\p{L}\p{N}’@.…]*[\p{L}\p{N}]/gu)

const wordsOfHtml = (html: string) => {
  const [, body = ''] = /<body[^>]*>([^]*)<\/body>/.exec(html) ?? []
  return wordsOf(unescape(body.replace(/<div style="display:none[^>]*>[^<]*<\/div>/, '').replaceAll(/<[^>]+>/g, ' ')))
}

test.each(table)('text and HTML of a %s mail have the same words (%j)', (template, env) => {
  const { subject, text, html } = renderSample(template, env)
  // A mail program shows the sender and the subject above the text.
  expect(wordsOfHtml(html)).toEqual(wordsOf(`${env.APP_NAME ?? branding.name} ${subject} ${text}`))
})

test.each(table)(
  'a %s mail has one heading, a language and no image, script or foreign address (%j)',
  (template, env) => {
    const { subject, html } = renderSample(template, env)
    expect(html).toStartWith('<!doctype html><html lang="en">')
    expect([...html.matchAll(/<h1[^>]*>([^<]*)/g)].map(([, text = '']) => unescape(text))).toEqual([subject])
    expect(html).not.toMatch(/<(img|script|link|iframe|form|input)|src=|url\(|@import|srcset| on\w+=/i)
    expect(html.length).toBeLessThan(8000)
  },
)

const linksIn = (content: string) => [...content.matchAll(/https?:\/\/[^\s"<]+/g)].map(([link]) => new URL(link))

test.each(mailTemplates)(
  'every link of a %s mail starts with APP_URL and has no parameter except the token',
  (template) => {
    const { text, html } = renderSample(template)
    for (const { origin, searchParams, hash } of [...linksIn(text), ...linksIn(html)]) {
      expect([origin, hash]).toEqual(['https://app.example.test', ''])
      expect([...searchParams.keys()].filter((name) => name !== 'token')).toEqual([])
    }
    expect(
      linksIn(text)
        .map(String)
        .every((link) => html.includes(link)),
    ).toBe(true)
  },
)

test('a link of a mail starts with APP_URL, whatever Host, X-Forwarded-Host and Origin say', async () => {
  const site = await annAsAdmin({ MAIL_URL: 'mailbox:' })
  const forged: Record<string, string>[] = [
    { host: 'evil.test' },
    { 'x-forwarded-host': 'evil.test', 'x-forwarded-proto': 'https', forwarded: 'host=evil.test' },
    { origin: 'https://evil.test', referer: 'https://evil.test/' },
  ]
  for (const headers of [{}, ...forged])
    await site.app.handle(
      new Request('http://localhost/forgot-password', {
        method: 'POST',
        headers: { 'content-type': 'application/x-www-form-urlencoded', ...headers },
        body: `email=${ann.email}`,
      }),
    )
  await site.deliverMail()
  expect(site.mailbox.mails.length).toBeGreaterThan(0)
  for (const { text, html } of site.mailbox.mails) {
    expect(linksIn(text).length).toBeGreaterThan(0)
    for (const { origin } of [...linksIn(text), ...linksIn(html)]) expect(origin).toBe('http://localhost')
    expect(text + html).not.toContain('evil')
  }
})

adminTest('names, token names and user agents appear in no mail', async () => {
  const site = await annAsAdmin({ MAIL_URL: 'mailbox:' })
  const { deps, users, mailbox } = site
  const hostile = 'zzz Bcc: evil@evil.test <b>https://evil.test</b>'
  await deps.db
    .updateTable('users')
    .set({ name: `${hostile}\r\n` })
    .where('id', '=', users.ann.id)
    .execute()
  await makeToken(deps, users.ann, { name: hostile, scopes: [], lifetime: 1000 })
  const visitor = site.browser(hostile)
  await visitor.post('/forgot-password', { email: ann.email })
  await visitor.post('/forgot-password', { email: 'unknown@example.test' })
  await site.anns.post(`/admin/users/${users.ann.id}/send-reset`)
  await site.deliverMail()
  const resets = mailbox.mails.filter(({ subject }) => subject === 'Reset your password')
  const reset = resets.find(({ text }) => text.includes('Browser')) // not the one that Ann sent as an admin
  const [link] = linksIn(reset?.text ?? '')
  await visitor.get(`${link?.pathname}${link?.search}`)
  expect((await visitor.post('/reset-password', { new_password: 'five boxing wizards' })).status).toBe(303)
  site.advance(1)
  for (const browser of [site.browser('Firefox'), site.browser(hostile)])
    expect((await browser.post('/login', { email: ann.email, password: 'five boxing wizards' })).status).toBe(303)
  await site.deliverMail()
  expect(mailbox.mails.map(({ subject }) => subject).toSorted()).toEqual([
    'New API token',
    'New login to your account',
    'No account with this address',
    'Reset your password',
    'Reset your password',
    'Your password was changed',
  ])
  for (const mail of mailbox.mails) expect(JSON.stringify(mail)).not.toMatch(/zzz|evil|Bcc/)
  expect(reset?.text).toContain('an unknown browser')
})

test('a line of the text has at most 72 columns, and a link is on its own line', () => {
  for (const template of mailTemplates)
    for (const line of renderSample(template, SITES[1]).text.split('\n'))
      if (/https?:/.test(line)) expect(line).toMatch(/^https?:\S+$/)
      else expect(Bun.stringWidth(line)).toBeLessThanOrEqual(72)
})

test('a mail without details has no empty table and no empty paragraph', () => {
  const { text, html } = renderMail(mailConfig(), 'password-changed', { ...mailData, details: {} })
  expect(text).not.toMatch(/\n\n\n/)
  expect(html).not.toContain('<table cellpadding="0" cellspacing="0" border="0" style="margin:0 0 16px">')
})

test('the footer says why the mail came, and that replies are not read unless MAIL_REPLY_TO is set', () => {
  const { text } = renderSample('password-changed')
  expect(text.replaceAll('\n', ' ')).toContain(`sent to ann@example.test because of an account at ${branding.name}.`)
  expect(text).toContain('Replies to this email are not read.')
  const requested = renderSample('reset-no-account', { MAIL_REPLY_TO: 'help@example.test' }).text
  expect(requested.replaceAll('\n', ' ')).toContain(`because someone entered this address at ${branding.name}.`)
  expect(requested).not.toContain('Replies')
})

test('the contact is the address for replies, else the support address, else the security contact', () => {
  const contactIn = (env: Record<string, string>) =>
    /keep coming, ([^]*?)\.\n\n/.exec(renderSample('reset-password', env).text)?.[1]?.replaceAll('\n', ' ')
  const SECURITY_CONTACT = 'mailto:security@example.test'
  expect(contactIn({})).toBeUndefined()
  expect(contactIn({ SECURITY_CONTACT })).toBe('contact us: security@example.test')
  expect(contactIn({ SECURITY_CONTACT, SUPPORT_EMAIL: 'help@example.test' })).toBe('contact us: help@example.test')
  expect(contactIn({ SECURITY_CONTACT, MAIL_REPLY_TO: 'help@example.test' })).toBe('reply to this email')
})

test('the markup of an app name or an address is escaped', () => {
  const data = { ...mailData, email: "o'neil&sons@example.test" }
  const { html } = renderMail(mailConfig({ APP_NAME: '<b>Acme</b>' }), 'test', data)
  expect(html).toContain('&lt;b&gt;Acme')
  expect(html).not.toContain('<b>')
  expect(html).toContain('o&#x27;neil&amp;sons@example.test')
})

test('the text of an app replaces subject and parts, but not the recipient, a link or a code', () => {
  const config = mailConfig()
  const link = 'https://app.example.test/reset-password?token=VNn0CSvXyyfZ5l8j2IpSC4cyWPRbkHHQTr3S1Z4xQvo'
  const render = (parts: MailContent['parts']) =>
    renderMail(config, 'reset-password', mailData, { 'reset-password': () => ({ subject: 'Neu', parts }) })
  const { subject, text } = render(['Hallo', { button: 'Los', href: link }])
  expect(subject).toBe('Neu')
  expect(text).toStartWith(`Hallo\n\nLos:\n${link}\n\n-- \nThis email was sent to ann@example.test`)
  const evil = { button: 'Los', href: 'https://evil.test/' }
  for (const parts of [
    [],
    [evil],
    [{ button: 'Los', href: link }, evil],
    [{ link: 'Los', href: link }, { code: '12345678' }],
  ])
    expect(() => render(parts)).toThrow('the own text of reset-password must keep all links and codes, in their order')
})
