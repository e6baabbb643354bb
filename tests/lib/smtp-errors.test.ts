import { afterEach, expect, setDefaultTimeout, test } from 'bun:test'
import type { SMTPServerOptions } from 'smtp-server'
import type { Mailer, SmtpServer } from '@/lib/mail-message'
import { codeOf, openSmtp, outcomeOf, serverTextOf } from '@/lib/smtp'
import {
  accept,
  reply,
  startMailServer,
  startScriptedServer,
  stopMailServers,
  type Answer,
} from '../support/mail-server'

setDefaultTimeout(30_000) // nodemailer waits between its attempts to connect

const opened: Mailer[] = []
afterEach(async () => {
  await Promise.all(opened.splice(0).map((mailer) => mailer.close()))
  await stopMailServers()
})

const message = { id: 'id-of-the-mail', to: 'ann@example.com', subject: 'Hello', text: 'Hello', html: '<p>Hello</p>' }
const sender = { from: { name: 'App', address: 'no-reply@app.example' }, replyTo: '' }
const SHORT = { connect: 200, socket: 200, send: 10_000 }

function connectTo(port: number, more: Partial<SmtpServer> = {}, timeouts?: typeof SHORT) {
  const server: SmtpServer = { host: '127.0.0.1', port, user: '', password: '', tls: 'none', ...more }
  const mailer = openSmtp(server, sender, timeouts)
  opened.push(mailer)
  return mailer
}

const errorOf = (sent: Promise<unknown>) =>
  sent.then(
    () => undefined,
    (error: unknown) => error,
  )

/** The outcome and the code of an attempt. */
async function attempt(mailer: Mailer) {
  const error = await errorOf(mailer.send(message))
  return error === undefined ? ['sent'] : [outcomeOf(error), codeOf(error)]
}

const refuseSender = (error: Error): SMTPServerOptions => ({ onMailFrom: (_address, _session, done) => done(error) })
const refuseRecipient = (error: Error): SMTPServerOptions => ({ onRcptTo: (_address, _session, done) => done(error) })
const refuseMessage = (error: Error): SMTPServerOptions => ({
  onData: (stream, _session, done) => void stream.resume().on('end', () => done(error)),
})

test.each([
  ['the recipient, because the mailbox does not exist', refuseRecipient(reply(550, '5.1.1 unknown')), 'rejected'],
  ['the recipient, without an enhanced code', refuseRecipient(reply(550, 'unknown')), 'rejected'],
  ['the recipient for now, as greylisting does', refuseRecipient(reply(451, '4.7.1 later')), 'later'],
  ['the recipient, because it relays no mail', refuseRecipient(reply(554, '5.7.1 relay access denied')), 'later'],
  ['the recipient, because of the sender', refuseRecipient(reply(550, '5.1.8 bad sender')), 'later'],
  ['the recipient, because of our EHLO', refuseRecipient(reply(504, '5.5.2 bad name')), 'later'],
  ['the message', refuseMessage(reply(554, '5.7.1 spam')), 'later'],
  ['the message for now', refuseMessage(reply(452, '4.3.1 disk full')), 'later'],
  ['the sender', refuseSender(reply(550, '5.7.1 not you')), 'server'],
  ['the sender for now', refuseSender(reply(451, '4.3.0 later')), 'server'],
  ['mail without a login', { authOptional: false }, 'server'],
])('a server that refuses %s leads to a retry or not', async (_, options, outcome) => {
  const { port, mails } = await startMailServer(options)
  const [found, code] = await attempt(connectTo(port))
  expect(found).toBe(outcome)
  expect(code).toMatch(/^[45]\d\d$/)
  expect(mails).toEqual([])
})

test('a wrong password is an error of the server, and the right one is accepted', async () => {
  const { port, mails } = await startMailServer({
    authOptional: false,
    onAuth: ({ username, password }, _session, done) =>
      username === 'ann' && password === 'p@ss:w' ? done(null, { user: 'ann' }) : done(new Error('wrong password')),
  })
  expect(await attempt(connectTo(port, { user: 'ann', password: 'wrong' }))).toEqual(['server', '535'])
  expect(await attempt(connectTo(port, { user: 'ann', password: 'p@ss:w' }))).toEqual(['sent'])
  expect(mails).toHaveLength(1)
})

/** Answers like a usual server, except for lines that start with this text. */
const except =
  (start: string, answer: string | undefined): Answer =>
  (line) =>
    line.startsWith(start) ? answer : accept(line)

test.each([
  ['does not greet', except('connect', undefined), 'ETIMEDOUT'],
  ['is busy', except('connect', '421 busy'), '421'],
  ['is another kind of server', except('connect', 'HTTP/1.1 400 Bad Request'), 'EPROTOCOL'],
  ['hangs up at once', except('connect', 'cut'), 'ECONNECTION'],
  ['hangs up after MAIL FROM', except('MAIL', 'cut'), 'ECONNECTION'],
  ['does not answer RCPT TO', except('RCPT', undefined), 'ETIMEDOUT'],
  ['hangs up after the message', except('.', 'cut'), 'ECONNECTION'],
  ['resets the connection after the message', except('.', 'reset'), 'ECONNRESET'],
  ['does not answer the message', except('.', undefined), 'ETIMEDOUT'],
])('a server that %s cannot be used', async (_, answer, code) => {
  const { port } = await startScriptedServer(answer)
  const mailer = connectTo(port, {}, code === 'ETIMEDOUT' ? SHORT : undefined)
  expect(await attempt(mailer)).toEqual(['server', code])
})

test('a server that refuses DATA is asked again later', async () => {
  const { port } = await startScriptedServer(except('DATA', '451 4.3.0 later'))
  expect(await attempt(connectTo(port))).toEqual(['later', '451'])
})

test('a server that does not exist cannot be used', async () => {
  const { port } = await startScriptedServer(accept)
  await stopMailServers()
  expect(await attempt(connectTo(port))).toEqual(['server', 'ECONNREFUSED'])
  expect(await attempt(connectTo(port, { host: 'mail.invalid', tls: 'starttls' }))).toEqual(['server', 'ENOTFOUND'])
})

test('a server that answers slowly, byte by byte, does not hold a mail for longer than the limit', async () => {
  const { port } = await startScriptedServer(except('RCPT', undefined))
  const mailer = connectTo(port, {}, { connect: 60_000, socket: 60_000, send: 200 })
  expect(await attempt(mailer)).toEqual(['server', 'ETIMEDOUT'])
})

test('a mail that the server may have accepted is not sent a second time over another connection', async () => {
  let messages = 0
  const { port, lines } = await startScriptedServer((line) => (line === '.' && ++messages === 2 ? 'cut' : accept(line)))
  const mailer = connectTo(port)
  expect(await attempt(mailer)).toEqual(['sent'])
  expect(await attempt(mailer)).toEqual(['server', 'ECONNECTION'])
  expect(await attempt(mailer)).toEqual(['sent'])
  expect(lines.filter((line) => line === '.')).toHaveLength(3)
  expect(lines.filter((line) => line === 'connect')).toHaveLength(2)
})

test('a mail uses a new connection after the server closed the idle one', async () => {
  const { port, lines, hangUp } = await startScriptedServer(accept)
  const mailer = connectTo(port)
  expect(await attempt(mailer)).toEqual(['sent'])
  hangUp()
  expect(await attempt(mailer)).toEqual(['sent'])
  expect(lines.filter((line) => line === '.')).toHaveLength(2)
})

test('a probe greets by the domain of the sender, sends no mail, and fails as a mail would', async () => {
  const { port, lines } = await startScriptedServer(accept)
  await connectTo(port).probe()
  expect(lines.filter((line) => line !== 'QUIT')).toEqual(['connect', 'EHLO app.example'])
  await stopMailServers()
  const error = await errorOf(connectTo(port).probe())
  expect([outcomeOf(error), codeOf(error)]).toEqual(['server', 'ECONNREFUSED'])
})

test('closing ends the mails that are being sent, those that wait, and those that come later', async () => {
  const connected = Promise.withResolvers<void>()
  const { port } = await startScriptedServer((line) => {
    if (line.startsWith('RCPT')) connected.resolve()
    return line.startsWith('RCPT') ? undefined : accept(line)
  })
  const mailer = connectTo(port, {}, { connect: 60_000, socket: 60_000, send: 60_000 })
  const attempts = Array.from({ length: 5 }, () => attempt(mailer))
  await connected.promise
  await mailer.close()
  expect((await Promise.all(attempts)).map(([outcome]) => outcome)).toEqual(Array<string>(5).fill('server'))
  expect(await attempt(mailer)).toEqual(['server', 'ECONNECTION'])
})

test('a bug is no error of the server, and has the name of the error', () => {
  expect([outcomeOf(new TypeError('x')), codeOf(new TypeError('x'))]).toEqual(['unknown', 'TypeError'])
  expect([outcomeOf('x'), codeOf('x')]).toEqual(['unknown', 'unknown'])
  const refused = Object.assign(new Error('Invalid recipient'), { code: 'EENVELOPE', command: 'API' })
  expect(outcomeOf(refused)).toBe('unknown')
})

test('a code has at most 20 characters', () => {
  const error = Object.assign(new Error('x'), { code: 'ESOCKET', originalCode: 'UNABLE_TO_VERIFY_LEAF_SIGNATURE' })
  expect(codeOf(error)).toBe('UNABLE_TO_VERIFY_LEA')
})

test.each([
  ['550 5.1.1 <ann@example.com>: Recipient address rejected', '550 5.1.1 <a…@example.com>: Recipient address rejected'],
  ['550-5.1.1 No\r\n550 5.1.1 Ann@Example.COM is unknown', '550-5.1.1 No 550 5.1.1 A…@Example.COM is unknown'],
  ['550 no mailbox ann here; annotated', '550 no mailbox … here; annotated'],
  ['550 "a b"@example.com, eve@example.com;x@y', '550 "…@example.com, e…@example.com;x…@y'],
  ["550 o'brien@example.com", '550 o…@example.com'],
  ['550 see https://help.test/?to=ann%40example.com', '550 see https://help.test/?to=…%40example.com'],
  ['550 \u001b[31mred\u0000', '550 [31mred'],
])('the text for the log has no whole address: %j', (response, text) => {
  expect(serverTextOf(Object.assign(new Error('x'), { response }), 'ann@example.com')).toBe(text)
})

test('the text for the log needs no recipient', () => {
  expect(serverTextOf(new Error('connect ECONNREFUSED 127.0.0.1:25'))).toBe('connect ECONNREFUSED 127.0.0.1:25')
})

test('the text for the log is short, and no cut address is left in it', () => {
  const textOf = (response: string) => serverTextOf(Object.assign(new Error('x'), { response }), 'ann@example.com')
  expect(textOf(`550 ${'x'.repeat(400)}`)).toHaveLength(200)
  expect(textOf(`550 ${'x'.repeat(190)} eve@example.com`)).not.toContain('eve@')
  expect(textOf(`${`${'x'.repeat(80)}@y.test `.repeat(11)}${'e'.repeat(30)}@example.com`)).not.toContain('ee')
  expect(textOf('a'.repeat(1_000_000))).toBe('')
})

test('the text for the log comes from the real error of a server', async () => {
  const { port } = await startMailServer(refuseRecipient(reply(550, '5.1.1 <ann@example.com> unknown')))
  const error = await errorOf(connectTo(port).send(message))
  expect(serverTextOf(error, message.to)).toBe('550 5.1.1 <a…@example.com> unknown')
})
