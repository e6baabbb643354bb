import { afterEach, expect, setDefaultTimeout, test } from 'bun:test'
import { simpleParser } from 'mailparser'
import type { Mailer } from '@/lib/mail-message'
import { openSmtp, sendOnce, toEml } from '@/lib/smtp'
import { startMailServer, stopMailServers } from '../support/mail-server'

setDefaultTimeout(30_000)

const opened: Mailer[] = []
afterEach(async () => {
  await Promise.all(opened.splice(0).map((mailer) => mailer.close()))
  await stopMailServers()
})

const message = {
  id: 'SDIzNDU2Nzg5MDEyMzQ1Ng',
  to: 'ann@example.com',
  subject: 'Reset your password',
  text: 'Hello\n',
  html: '<p>Hello</p>',
}
const sender = { from: { name: 'App', address: 'no-reply@app.example' }, replyTo: '' }

/** The mail as a server receives it: the lines of the header block, unfolded, and all lines. */
async function receive(changed: object = {}, from: Partial<typeof sender> = {}) {
  const { port, mails } = await startMailServer()
  const mailer = openSmtp({ host: '127.0.0.1', port, user: '', password: '', tls: 'none' }, { ...sender, ...from })
  opened.push(mailer)
  await mailer.send({ ...message, ...changed })
  const [mail] = mails
  if (mail === undefined || mails.length > 1) throw new Error(`${mails.length} mails arrived`)
  const [head = ''] = mail.bytes.toString('latin1').split('\r\n\r\n')
  return {
    ...mail,
    headers: head.replaceAll(/\r\n\s+/g, ' ').split('\r\n'),
    lines: mail.bytes.toString('latin1').split('\r\n'),
  }
}

test('a mail has one recipient, one sender, one subject and the headers against automatic answers', async () => {
  const { from, to, headers, bytes } = await receive()
  expect([from, to]).toEqual(['no-reply@app.example', ['ann@example.com']])
  expect(headers.toSorted()).toEqual([
    'Auto-Submitted: auto-generated',
    expect.stringMatching(/^Content-Type: multipart\/alternative; boundary=/),
    expect.stringMatching(/^Date: \w{3}, \d{2} \w{3} \d{4} [\d:]{8} \+0000$/),
    'From: App <no-reply@app.example>',
    'MIME-Version: 1.0',
    'Message-ID: <SDIzNDU2Nzg5MDEyMzQ1Ng@app.example>',
    'Subject: Reset your password',
    'To: ann@example.com',
    'X-Auto-Response-Suppress: All',
    'X-Entity-Ref-ID: SDIzNDU2Nzg5MDEyMzQ1Ng',
  ])
  const parts = bytes.toString().match(/^Content-T.*$/gm)
  expect(parts?.slice(1)).toEqual([
    'Content-Type: text/plain; charset=utf-8',
    'Content-Transfer-Encoding: quoted-printable',
    'Content-Type: text/html; charset=utf-8',
    'Content-Transfer-Encoding: quoted-printable',
  ])
})

test('answers go to the address for replies, if there is one', async () => {
  expect((await receive({}, { replyTo: 'help@app.example' })).headers).toContain('Reply-To: help@app.example')
})

const LONG = 'wörd '.repeat(2000).trim()

test.each([
  ['ordinary texts', {}, 'App'],
  ['a long subject', { subject: 'word '.repeat(500).trim() }, 'App'],
  ['a long subject that is not ASCII', { subject: LONG }, 'App'],
  ['a subject of emoji', { subject: '😀'.repeat(300) }, 'App'],
  ['texts without a line break', { text: LONG, html: `<a href="${'x'.repeat(3000)}">ü</a>` }, 'App'],
  ['a line with one dot', { text: 'a\n.\n..\nFrom b\nQUIT\n' }, 'App'],
  ['a site name that is not ASCII', {}, 'Ünïcødé 中文 '.repeat(4).trim()],
  ['a site name with syntax', {}, 'App, "the" <eve@example.com>; (x)'],
])('the header block is ASCII, lines are short, and nothing is lost: %s', async (_, changed, name) => {
  const { headers, lines, bytes } = await receive(changed, { from: { ...sender.from, name } })
  expect(headers.join('')).toMatch(/^[\x20-\x7e]*$/)
  expect(Math.max(...lines.map(({ length }) => length))).toBeLessThanOrEqual(998)
  const { subject, text, html, from, to } = await simpleParser(bytes)
  expect({ subject, text, html }).toEqual({
    subject: message.subject,
    text: message.text,
    html: message.html,
    ...changed,
  })
  expect(from?.value).toEqual([{ name, address: 'no-reply@app.example' }])
  expect(to).toMatchObject({ value: [{ name: '', address: 'ann@example.com' }] })
})

test('line breaks in a subject and in a name add no header and no recipient', async () => {
  const injected = 'x\r\nBcc: eve@example.com\r\n\r\nbody'
  const { to, headers } = await receive({ subject: injected }, { from: { ...sender.from, name: injected } })
  expect(to).toEqual(['ann@example.com'])
  expect(headers.filter((header) => /^(Bcc|body|$)/.test(header))).toEqual([])
  expect(headers).toHaveLength(10)
})

test.each([
  ['a look-alike of @', 'ann＠example.com'],
  ['a Kelvin sign', 'ann\u212A@example.com'],
  ['a zero-width space in the domain', 'ann@exam\u200Bple.com'],
  ['a zero-width joiner before the @', 'an\u200Dn@example.com'],
  ['a soft hyphen', 'ann@exam\u00ADple.com'],
  ['NUL', 'ann\0@example.com'],
  ['a comma', 'ann@example.com,eve@example.com'],
  ['a semicolon', 'ann@example.com;eve@example.com'],
  ['a quoted local part', '"a b"@example.com'],
  ['a quoted @', '"ann@example.com"@eve.example'],
  ['a name', 'Ann <ann@example.com>'],
  ['a comment', 'ann(x)@example.com'],
  ['a line break', 'ann@example.com\r\nBcc: eve@example.com'],
  ['a line break before the @', 'ann\r\nRCPT TO:<eve@example.com>@example.com'],
  ['a space at the end', 'ann@example.com '],
  ['capital letters', 'Ann@example.com'],
  ['an international domain', 'ann@bücher.example'],
  ['an address literal', 'ann@[127.0.0.1]'],
  ['two @', 'ann@example.com@eve.example'],
  ['nothing', ''],
])('an address with %s is refused before a server is asked', async (_, to) => {
  const { port, mails } = await startMailServer()
  const server = { host: '127.0.0.1', port, user: '', password: '', tls: 'none' as const }
  const mailer = openSmtp(server, sender)
  opened.push(mailer)
  const error = 'mail failed: the recipient is not a canonical address'
  await expect(mailer.send({ ...message, to })).rejects.toThrow(error)
  await expect(sendOnce(server, sender, { ...message, to })).rejects.toThrow(error)
  await expect(toEml({ ...message, to }, sender)).rejects.toThrow(error)
  expect(mails).toEqual([])
})

test('two hundred mails arrive once each over at most three connections', async () => {
  let connections = 0
  const { port, mails } = await startMailServer({
    onConnect(_session, done) {
      connections++
      done()
    },
  })
  const mailer = openSmtp({ host: '127.0.0.1', port, user: '', password: '', tls: 'none' }, sender)
  opened.push(mailer)
  const recipients = Array.from({ length: 200 }, (_, i) => `user${i}@example.com`)
  await Promise.all(recipients.map((to, i) => mailer.send({ ...message, id: `id${i}`, to })))
  expect(mails.flatMap(({ to }) => to).toSorted()).toEqual(recipients.toSorted())
  expect(connections).toBe(3)
})

test('the mail transport does not load nodemailer before the first mail', async () => {
  const program = `
    const { openSmtp } = await import('@/lib/smtp')
    await import('@/deps/mailer')
    const isLoaded = () => Object.keys(require.cache).some((path) => path.includes('node_modules/nodemailer/'))
    const mailer = openSmtp({ host: '127.0.0.1', port: 1, user: '', password: '', tls: 'none' }, { from: {}, replyTo: '' })
    const before = isLoaded()
    await mailer.probe().catch(() => {})
    console.log(before, isLoaded())`
  const child = Bun.spawn([process.execPath, '--no-env-file', '-e', program], { stdout: 'pipe', stderr: 'pipe' })
  expect(await new Response(child.stdout).text()).toBe('false true\n')
})
