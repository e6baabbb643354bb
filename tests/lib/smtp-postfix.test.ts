import { chmodSync, readdirSync } from 'node:fs'
import { afterEach, describe, expect, setDefaultTimeout, test } from 'bun:test'
import { simpleParser } from 'mailparser'
import { createCertificate, hasOpenssl } from '../support/certificates'
import { findFreePort } from '../support/process'
import { sendBothWays, sendWithAuthority } from '../support/send-mail'
import { tempFolder } from '../support/temp'

setDefaultTimeout(60_000)

const master = Bun.which('master', { PATH: '/usr/lib/postfix/sbin:/usr/libexec/postfix' })
const isRoot = process.getuid?.() === 0 // Postfix starts as root only
if (master === null || !isRoot || !hasOpenssl)
  process.stderr.write('No Postfix and openssl, or not root: delivery by a real mail server is not tested.\n')

const running: Bun.Subprocess[] = []
afterEach(async () => {
  for (const server of running.splice(0)) {
    server.kill('SIGTERM') // Postfix ends its child processes
    await server.exited
  }
})

const settings = (folder: string, { certificate, key }: { certificate: string; key: string }) => `
  compatibility_level = 3.6
  queue_directory = ${folder}/queue
  data_directory = ${folder}/data
  maillog_file = ${folder}/log
  maillog_file_prefixes = ${folder}
  myhostname = localhost
  mydestination =
  local_recipient_maps =
  inet_interfaces = loopback-only
  inet_protocols = ipv4
  smtpd_tls_cert_file = ${certificate}
  smtpd_tls_key_file = ${key}
  smtpd_tls_security_level = encrypt
  smtpd_tls_received_header = yes
  smtpd_recipient_restrictions = reject_unauth_destination, reject_unlisted_recipient
  virtual_mailbox_domains = example.com
  virtual_mailbox_base = ${folder}/mail
  virtual_mailbox_maps = inline:{ann@example.com=ann/}
  virtual_minimum_uid = 1
  virtual_uid_maps = static:65534
  virtual_gid_maps = static:65534`

const services = (port: string) => `
  127.0.0.1:${port} inet n - n - - smtpd
  pickup unix n - n 60 1 pickup
  cleanup unix n - n - 0 cleanup
  qmgr unix n - n 300 1 qmgr
  rewrite unix - - n - - trivial-rewrite
  bounce unix - - n - 0 bounce
  defer unix - - n - 0 bounce
  trace unix - - n - 0 bounce
  virtual unix - n n - - virtual
  anvil unix - - n - 1 anvil
  tlsmgr unix - - n 1000? 1 tlsmgr
  postlog unix-dgram n - n - 1 postlogd`

const QUEUES = 'active bounce corrupt defer deferred flush hold incoming maildrop private public saved trace'.split(' ')

const unindent = (text: string) => text.replaceAll(/^ +/gm, '').trimStart() + '\n'

/** Postfix in a folder of its own, with the mailbox ann@example.com. `find` waits for a line of its log. */
async function startPostfix(files: { certificate: string; key: string }) {
  const folder = tempFolder('postfix')
  const port = findFreePort()
  chmodSync(folder, 0o755) // Postfix works as users of its own
  await Bun.write(`${folder}/main.cf`, unindent(settings(folder, files)))
  await Bun.write(`${folder}/master.cf`, unindent(services(port)))
  await Bun.$`mkdir -p ${QUEUES.map((name) => `${folder}/queue/${name}`)} ${folder}/queue/pid ${folder}/data ${folder}/mail`
  await Bun.$`chown postfix ${QUEUES.map((name) => `${folder}/queue/${name}`)} ${folder}/data`
  await Bun.$`chown 65534 ${folder}/mail`
  // Not by the command `postfix`: it checks the installation for many seconds, and its signals do not reach the server.
  const server = Bun.spawn([master ?? '', '-c', folder, '-s'], { stdout: 'pipe', stderr: 'pipe' })
  running.push(server)
  const readLog = () =>
    Bun.file(`${folder}/log`)
      .text()
      .catch(() => '')
  const find = async (text: string) => {
    while (!(await readLog()).includes(text)) {
      if (server.exitCode !== null)
        throw new Error(
          `Postfix ended. Its own users must be able to enter ${folder}. ${await readLog()}${await new Response(server.stderr).text()}`,
        )
      await Bun.sleep(20)
    }
  }
  await find('daemon started')
  return { port: Number(port), find, inbox: `${folder}/mail/ann/new` }
}

describe.skipIf(master === null || !isRoot || !hasOpenssl)('Postfix', () => {
  const message = {
    id: 'SDIzNDU2Nzg5MDEyMzQ1Ng',
    to: 'ann@example.com',
    subject: 'Grüße: reset your password',
    text: `Hello!\n.\n..\nFrom here on, a long line: ${'wörd '.repeat(300)}\nhttps://app.example/reset-password?token=a=b\n`,
    html: `<p>Grüße</p><a href="https://app.example/reset-password?token=a=b">${'x'.repeat(2000)}</a>`,
  }
  const sender = { from: { name: 'Äpp, the "first"', address: 'no-reply@app.example' }, replyTo: 'help@app.example' }
  const sendingTo = (port: number, to = message.to) => ({
    server: { host: 'localhost', port, user: '', password: '', tls: 'starttls' as const },
    sender,
    message: { ...message, to },
  })

  test('accepts a mail over STARTTLS with a certificate that is checked, and stores what was sent', async () => {
    const files = await createCertificate()
    const { port, find, inbox } = await startPostfix(files)
    const { pooled, once } = await sendWithAuthority(files.ca, sendingTo(port))
    expect(pooled).toEqual({ response: expect.stringMatching(/^250 2\.0\.0 Ok: queued as \w+$/) })
    expect(once).toEqual({ response: expect.stringMatching(/^250 2\.0\.0 Ok: queued as \w+$/), tls: 'TLSv1.3' })
    for (const { response } of [pooled, once]) await find(`${response?.split(' ').at(-1)}: removed`)

    const names = readdirSync(inbox)
    expect(names).toHaveLength(2)
    for (const name of names) {
      const bytes = await Bun.file(`${inbox}/${name}`).text()
      expect(bytes).toStartWith('Return-Path: <no-reply@app.example>\nX-Original-To: ann@example.com\n')
      expect(bytes).toMatch(/^Received: .*\n\t\(using TLSv1\.3 /m)
      const mail = await simpleParser(bytes)
      expect(mail.headers.get('message-id')).toBe('<SDIzNDU2Nzg5MDEyMzQ1Ng@app.example>')
      expect(mail.from?.value).toEqual([sender.from])
      expect(mail.replyTo?.value).toEqual([{ name: '', address: 'help@app.example' }])
      expect(mail.to).toMatchObject({ value: [{ name: '', address: 'ann@example.com' }] })
      expect([mail.subject, mail.text, mail.html]).toEqual([message.subject, message.text, message.html])
      expect(mail.attachments).toEqual([])
    }
  })

  test('rejects a mailbox that does not exist, and its refusal to relay is no such answer', async () => {
    const files = await createCertificate()
    const { port } = await startPostfix(files)
    const rejected = { outcome: 'rejected', code: '550' }
    expect(await sendWithAuthority(files.ca, sendingTo(port, 'eve@example.com'))).toEqual({
      pooled: rejected,
      once: rejected,
    })
    const later = { outcome: 'later', code: '554' }
    expect(await sendWithAuthority(files.ca, sendingTo(port, 'ann@elsewhere.example'))).toEqual({
      pooled: later,
      once: later,
    })
  })

  test('receives nothing from a process that does not know its authority', async () => {
    const { port, inbox } = await startPostfix(await createCertificate())
    const failed = { outcome: 'server', code: expect.any(String) }
    expect(await sendBothWays(sendingTo(port))).toEqual({ pooled: failed, once: failed })
    expect(() => readdirSync(inbox)).toThrow('ENOENT')
  })
})
