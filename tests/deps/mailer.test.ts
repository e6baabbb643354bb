import { afterEach, expect, setDefaultTimeout, test } from 'bun:test'
import { readConfig } from '@/config/env'
import { openMailer, sendTestMail } from '@/deps/mailer'
import { listDevMails } from '@/lib/dev-mailbox'
import { openLog } from '@/lib/log'
import { createTestMailbox } from '../support/mailbox'
import { startMailServer, stopMailServers } from '../support/mail-server'
import { tempFolder } from '../support/temp'

setDefaultTimeout(30_000)
afterEach(stopMailServers)

const message = { id: 'id-of-the-mail', to: 'ann@example.com', subject: 'Hello', text: 'Hello', html: '<p>Hello</p>' }

/** The mailer of these settings, and the lines that it logs. */
async function open(env: Record<string, string>) {
  const lines: string[] = []
  const log = await openLog('json', { write: (line) => void lines.push(JSON.parse(line).msg) })
  const config = readConfig({ APP_URL: 'http://localhost:3000', MAIL_FROM: 'App <no-reply@app.example>', ...env })
  const folder = tempFolder('mailbox')
  return { config, lines, folder, mailer: openMailer({ config, now: () => 0, log, folder }) }
}

test('without mail, sending and probing fail and closing does not', async () => {
  const { mailer } = await open({ MAIL_URL: 'off' })
  await expect(mailer.send(message)).rejects.toThrow('mail failed: MAIL_URL is off')
  await expect(mailer.probe()).rejects.toThrow('mail failed: MAIL_URL is off')
  await mailer.close()
})

test('a mail goes to the server of MAIL_URL, from the address of MAIL_FROM', async () => {
  const { port, mails } = await startMailServer()
  const { mailer } = await open({ MAIL_URL: `smtp://127.0.0.1:${port}` })
  await mailer.probe()
  expect((await mailer.send(message)).response).toStartWith('250 ')
  expect(mails).toMatchObject([{ from: 'no-reply@app.example', to: ['ann@example.com'] }])
  await mailer.close()
})

test('a mail in the mailbox is announced with the address of its page', async () => {
  const { mailer, lines, folder } = await open({ MAIL_URL: 'mailbox:' })
  await mailer.send(message)
  expect(lines).toEqual(['mail for ann@example.com: http://localhost:3000/dev/mailbox/id-of-the-mail'])
  expect((await listDevMails(folder)).map(({ id }) => id)).toEqual(['id-of-the-mail'])
})

test('a test mail goes to the server of MAIL_URL over a connection of its own', async () => {
  const { port, mails } = await startMailServer()
  const { config } = await open({ MAIL_URL: `smtp://127.0.0.1:${port}` })
  const { mailer, mails: others } = createTestMailbox()
  expect(await sendTestMail({ config, mailer }, message)).toEqual({ response: expect.stringMatching(/^250 /) })
  expect([mails.length, others.length]).toEqual([1, 0])
})

test('a test mail without a server goes to the mailbox', async () => {
  const { config } = await open({ MAIL_URL: 'mailbox:' })
  const { mailer, mails } = createTestMailbox()
  expect(await sendTestMail({ config, mailer }, message)).toEqual({ response: '250 OK' })
  expect(mails).toEqual([message])
})
