import { mkdirSync, readdirSync, statSync } from 'node:fs'
import { expect, setDefaultTimeout, test } from 'bun:test'
import { simpleParser } from 'mailparser'
import { clearDevMailbox, findDevMail, listDevMails, openDevMailbox, readEml } from '@/lib/dev-mailbox'
import type { MailMessage } from '@/lib/mail-message'
import { tempFolder } from '../support/temp'

setDefaultTimeout(30_000)

const sender = { from: { name: 'App', address: 'no-reply@localhost' }, replyTo: '' }
const mail = (id: string): MailMessage => ({
  id,
  to: 'ann@example.com',
  subject: `Grüße ${id}`,
  text: 'Hello\n',
  html: '<p>Hello</p>',
})

function openMailbox() {
  const folder = `${tempFolder('mailbox')}/mails`
  const announced: MailMessage[] = []
  let time = Date.parse('2030-01-01T12:00:00Z')
  const onMail = (message: MailMessage) => void announced.push(message)
  return { folder, announced, ...openDevMailbox({ sender, now: () => time++, onMail, folder }) }
}

const modeOf = (path: string) => (statSync(path).mode & 0o777).toString(8)

test('a mail becomes two files that only the user of the process can read', async () => {
  const { folder, announced, send } = openMailbox()
  const { response } = await send(mail('id-1'))
  expect(readdirSync(folder).toSorted()).toEqual(['001893499200000-id-1.eml', '001893499200000-id-1.json'])
  expect(response).toBe(`written to ${folder}/001893499200000-id-1.eml`)
  expect([folder, ...readdirSync(folder).map((name) => `${folder}/${name}`)].map(modeOf)).toEqual(['700', '600', '600'])
  expect(announced).toEqual([mail('id-1')])
})

test('a mail in the mailbox is the one that was sent', async () => {
  const { folder, send } = openMailbox()
  await send(mail('id-1'))
  expect(await findDevMail('id-1', folder)).toEqual({ ...mail('id-1'), at: Date.parse('2030-01-01T12:00:00Z') })
  const { subject, text, html, messageId } = await simpleParser(Buffer.from((await readEml('id-1', folder)) ?? ''))
  expect({ subject, text, html }).toEqual({ subject: 'Grüße id-1', text: 'Hello\n', html: '<p>Hello</p>' })
  expect(messageId).toBe('<id-1@localhost>')
})

test('the mailbox lists the newest mail first and keeps the newest 200', async () => {
  const { folder, send } = openMailbox()
  for (let i = 0; i < 203; i++) await send(mail(`id-${i}`))
  const ids = (await listDevMails(folder)).map(({ id }) => id)
  expect(ids).toEqual(Array.from({ length: 200 }, (_, i) => `id-${202 - i}`))
  expect(readdirSync(folder)).toHaveLength(400)
  expect(await findDevMail('id-0', folder)).toBeUndefined()
  expect(await readEml('id-0', folder)).toBeUndefined()
})

test('a mail that is sent again is found in its newest version', async () => {
  const { folder, send } = openMailbox()
  await send(mail('id-1'))
  await send({ ...mail('id-1'), subject: 'again' })
  expect((await findDevMail('id-1', folder))?.subject).toBe('again')
})

test.each(['../id-1', '', '*', 'id-2', '001893499200000-id-1', 'id-1.json'])(
  'no mail is found with the id %j',
  async (id) => {
    const { folder, send } = openMailbox()
    await send(mail('id-1'))
    expect(await findDevMail(id, folder)).toBeUndefined()
    expect(await readEml(id, folder)).toBeUndefined()
  },
)

test('the mailbox is empty before the first mail and after it was cleared, and other files stay', async () => {
  const { folder, send } = openMailbox()
  expect(await listDevMails(folder)).toEqual([])
  await clearDevMailbox(folder)
  await send(mail('id-1'))
  await Bun.write(`${folder}/notes.txt`, 'x')
  await Bun.write(`${folder}/notes.json`, 'x')
  mkdirSync(`${folder}/more`)
  expect(await listDevMails(folder)).toHaveLength(1)
  await clearDevMailbox(folder)
  expect(readdirSync(folder).toSorted()).toEqual(['more', 'notes.json', 'notes.txt'])
})

test('a mail that was cut off by a kill is not listed, and hides no other mail', async () => {
  const { folder, send } = openMailbox()
  await send(mail('id-1'))
  await Bun.write(`${folder}/001893499200009-id-2.json`, '{"id": "id-2')
  expect((await listDevMails(folder)).map(({ id }) => id)).toEqual(['id-1'])
  expect(await findDevMail('id-2', folder)).toBeUndefined()
})

test('a mailbox is always reachable, and closing it does nothing', async () => {
  const { probe, close } = openMailbox()
  expect([await probe(), await close()]).toEqual([undefined, undefined])
})

test('several processes may write into one mailbox', async () => {
  const { folder, send } = openMailbox()
  let time = Date.parse('2030-01-01T12:00:00Z')
  const other = openDevMailbox({ sender, now: () => time++, onMail: () => undefined, folder })
  const sendTo = async (one: typeof other, name: string) => {
    for (let i = 0; i < 110; i++) await one.send(mail(`${name}-${i}`))
  }
  await Promise.all([sendTo({ ...other, send }, 'a'), sendTo(other, 'b')])
  expect(await listDevMails(folder)).toHaveLength(200)
  expect(readdirSync(folder)).toHaveLength(400)
})
