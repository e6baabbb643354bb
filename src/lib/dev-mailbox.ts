import { chmodSync, mkdirSync } from 'node:fs'
import { readdir, rm } from 'node:fs/promises'
import type { Mailer, MailMessage, Sender } from './mail-message'
import { toEml } from './smtp'

export const DEV_MAILBOX = 'db/mailbox'
const MAX_MAILS = 200
const NAME = /^(\d{15})-([\w-]{1,64})\.json$/

export type DevMail = MailMessage & { at: number }

type DevMailboxOptions = { sender: Sender; now: () => number; onMail: (message: MailMessage) => void; folder?: string }

/** Writes each mail as JSON and as an `.eml` file that only the user of the process can read. Keeps the newest 200. */
export function openDevMailbox({ sender, now, onMail, folder = DEV_MAILBOX }: DevMailboxOptions): Mailer {
  return {
    async send(message) {
      mkdirSync(folder, { recursive: true, mode: 0o700 })
      const at = now()
      const stem = `${folder}/${`${at}`.padStart(15, '0')}-${message.id}`
      await write(`${stem}.eml`, await toEml(message, sender))
      await write(`${stem}.json`, JSON.stringify({ ...message, at } satisfies DevMail, null, 2))
      const surplus = (await listNames(folder)).slice(MAX_MAILS)
      await Promise.all(surplus.flatMap((name) => [remove(folder, name), remove(folder, emlName(name))]))
      onMail(message)
      return { response: `written to ${stem}.eml` }
    },
    probe: () => Promise.resolve(),
    close: () => Promise.resolve(),
  }
}

async function write(path: string, content: string | Uint8Array) {
  await Bun.write(path, content, { mode: 0o600 })
  chmodSync(path, 0o600) // the mode above does not count for a file that exists
}

const emlName = (name: string) => name.replace(/json$/, 'eml')
const remove = (folder: string, name: string) => rm(`${folder}/${name}`, { force: true })

/** Newest first. */
async function listNames(folder: string) {
  const names = await readdir(folder).catch(() => [])
  return names.filter((name) => NAME.test(name)).toSorted((a, b) => (a < b ? 1 : -1))
}

/** Newest first. */
export async function listDevMails(folder = DEV_MAILBOX): Promise<DevMail[]> {
  const names = await listNames(folder)
  const mails = await Promise.all(names.map((name) => readMail(`${folder}/${name}`)))
  return mails.filter((mail) => mail !== undefined)
}

/** Undefined for a mail that was just removed, or was cut off by a kill. */
async function readMail(path: string): Promise<DevMail | undefined> {
  try {
    return await Bun.file(path).json()
  } catch {
    return undefined
  }
}

const nameOf = async (id: string, folder: string) =>
  (await listNames(folder)).find((name) => NAME.exec(name)?.[2] === id)

export async function findDevMail(id: string, folder = DEV_MAILBOX): Promise<DevMail | undefined> {
  const name = await nameOf(id, folder)
  return name === undefined ? undefined : readMail(`${folder}/${name}`)
}

/** The bytes of the `.eml` file. */
export async function readEml(id: string, folder = DEV_MAILBOX) {
  const name = await nameOf(id, folder)
  return name === undefined ? undefined : Bun.file(`${folder}/${emlName(name)}`).bytes()
}

export async function clearDevMailbox(folder = DEV_MAILBOX) {
  const names = await readdir(folder).catch(() => [])
  await Promise.all(names.filter((name) => NAME.test(name.replace(/eml$/, 'json'))).map((name) => remove(folder, name)))
}
