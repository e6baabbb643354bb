import { afterEach, describe, expect, setDefaultTimeout, test } from 'bun:test'
import { readFileSync } from 'node:fs'
import type { SMTPServerOptions } from 'smtp-server'
import type { SmtpServer } from '@/lib/mail-message'
import { createCertificate, hasOpenssl } from '../support/certificates'
import { accept, startMailServer, startScriptedServer, stopMailServers } from '../support/mail-server'
import { sendBothWays, sendWithAuthority } from '../support/send-mail'

setDefaultTimeout(60_000) // child processes, on a busy machine
afterEach(stopMailServers)

const message = { id: 'id-of-the-mail', to: 'ann@example.com', subject: 'Hello', text: 'Hello', html: '<p>Hello</p>' }
const sender = { from: { name: 'App', address: 'no-reply@app.example' }, replyTo: '' }

const sendingTo = (port: number, tls: SmtpServer['tls'], more: Partial<SmtpServer> = {}) => ({
  server: { host: 'localhost', port, user: 'ann', password: 'p@ss:w', tls, ...more },
  sender,
  message,
})

/** A server that logs users in. `seen` are the credentials and the senders that reached it. */
async function startWithLogin(options: SMTPServerOptions = {}) {
  const seen: unknown[] = []
  const { port, mails } = await startMailServer({
    authOptional: false,
    hideSTARTTLS: false,
    onAuth({ username, password }, { secure }, done) {
      seen.push({ username, secure })
      if (password === 'p@ss:w') done(null, { user: username })
      else done(new Error('wrong password'))
    },
    onMailFrom({ address }, { secure }, done) {
      seen.push({ address, secure })
      done()
    },
    ...options,
  })
  return { port, mails, seen }
}

const encrypted: SmtpServer['tls'][] = ['starttls', 'implicit']

describe.skipIf(!hasOpenssl)('with a certificate that the process trusts', () => {
  const optionsOf = ({ certificate, key }: { certificate: string; key: string }, tls: SmtpServer['tls']) => ({
    secure: tls === 'implicit',
    cert: readFileSync(certificate),
    key: readFileSync(key),
  })

  test.each(encrypted)('a mail is sent encrypted (%s), and its TLS version is known', async (tls) => {
    const files = await createCertificate()
    const { port, mails, seen } = await startWithLogin(optionsOf(files, tls))
    const { pooled, once } = await sendWithAuthority(files.ca, sendingTo(port, tls))
    expect([pooled, once]).toEqual([
      { response: expect.stringMatching(/^250 /) },
      { response: expect.stringMatching(/^250 /), tls: 'TLSv1.3' },
    ])
    const mail = { from: 'no-reply@app.example', to: ['ann@example.com'], isEncrypted: true }
    expect(mails).toMatchObject([mail, mail])
    expect(seen).toEqual(
      [1, 2].flatMap(() => [
        { username: 'ann', secure: true },
        { address: 'no-reply@app.example', secure: true },
      ]),
    )
  })

  test.each(encrypted)('a wrong password sends no mail (%s)', async (tls) => {
    const files = await createCertificate()
    const { port, mails } = await startWithLogin(optionsOf(files, tls))
    const failed = { outcome: 'server', code: '535' }
    expect(await sendWithAuthority(files.ca, sendingTo(port, tls, { password: 'wrong' }))).toEqual({
      pooled: failed,
      once: failed,
    })
    expect(mails).toEqual([])
  })

  test.each(encrypted)('a certificate for another name receives neither password nor mail (%s)', async (tls) => {
    const files = await createCertificate('mail.other.example')
    const { port, mails, seen } = await startWithLogin(optionsOf(files, tls))
    const failed = { outcome: 'server', code: 'ERR_TLS_CERT_ALTNAME' }
    expect(await sendWithAuthority(files.ca, sendingTo(port, tls))).toEqual({ pooled: failed, once: failed })
    expect([mails, seen]).toEqual([[], []])
  })

  test.each(encrypted)('a certificate of an unknown authority receives neither password nor mail (%s)', async (tls) => {
    const { port, mails, seen } = await startWithLogin(optionsOf(await createCertificate(), tls))
    const failed = { outcome: 'server', code: expect.any(String) }
    expect(await sendBothWays(sendingTo(port, tls))).toEqual({ pooled: failed, once: failed })
    expect([mails, seen]).toEqual([[], []])
  })
})

test.each(encrypted)('a server without TLS receives neither password nor mail (%s)', async (tls) => {
  const { port, mails, seen } = await startWithLogin({ hideSTARTTLS: true, disabledCommands: ['STARTTLS'] })
  const failed = { outcome: 'server', code: expect.any(String) }
  expect(await sendBothWays(sendingTo(port, tls))).toEqual({ pooled: failed, once: failed })
  expect([mails, seen]).toEqual([[], []])
})

test('a server that refuses STARTTLS hears nothing more', async () => {
  const { port, lines } = await startScriptedServer((line) =>
    line.startsWith('EHLO')
      ? '250-mail.test\r\n250-STARTTLS\r\n250 AUTH PLAIN'
      : line === 'STARTTLS'
        ? '454 4.7.0 TLS not available'
        : accept(line),
  )
  const failed = { outcome: 'server', code: '454' }
  expect(await sendBothWays(sendingTo(port, 'starttls'))).toEqual({ pooled: failed, once: failed })
  expect(lines.filter((line) => !/^(connect|EHLO .*|STARTTLS)$/.test(line))).toEqual([])
})

test('a relay on this machine is not asked for TLS, because its certificate is often self-signed', async () => {
  const { port, mails } = await startMailServer({ hideSTARTTLS: false })
  const response = expect.stringMatching(/^250 /)
  const sending = sendingTo(port, 'none', { user: '', password: '' })
  expect(await sendBothWays(sending)).toEqual({ pooled: { response }, once: { response } })
  expect(mails.map(({ isEncrypted }) => isEncrypted)).toEqual([false, false])
})

test.each(['localhost', 'mail.localhost', '127.0.0.1'])(
  'the relay %s is on this machine, whatever DNS says',
  async (host) => {
    const { port, mails } = await startMailServer()
    await sendBothWays(sendingTo(port, 'none', { host, user: '', password: '' }))
    expect(mails).toHaveLength(2)
  },
)
