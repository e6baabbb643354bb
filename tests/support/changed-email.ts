import { expect } from 'bun:test'
import { annAndEveWithMail } from './one-time-links'
import { ann } from './people'

export const NEW_EMAIL = 'new@example.test'
export const EMAIL_PATH = '/settings/email'

type Site = Awaited<ReturnType<typeof annAndEveWithMail>>

/** The newest mail to an address. */
export const mailTo = ({ mailbox }: Pick<Site, 'mailbox'>, to: string) =>
  mailbox.mails.filter((mail) => mail.to === to).at(-1)

export const subjectsTo = ({ mailbox }: Pick<Site, 'mailbox'>, to: string) =>
  mailbox.mails.filter((mail) => mail.to === to).map(({ subject }) => subject)

export const codeIn = (text = '') => /^\d{4} \d{4}$/m.exec(text)?.[0] ?? ''
export const tokenIn = (text = '') => /token=([\w-]{43})/.exec(text)?.[1] ?? ''

/** Ann has asked for another address, and the mails have arrived. */
export async function annWaits(env?: Record<string, string>, email = NEW_EMAIL) {
  const site = await annAndEveWithMail(env)
  const anns = await site.as(ann)
  const requested = await anns.post(EMAIL_PATH, { email })
  expect(requested.status).toBe(303)
  await site.deliverMail()
  const text = mailTo(site, email)?.text
  return { ...site, anns, requested, code: codeIn(text), token: tokenIn(text) }
}

export const rowOfUser = ({ deps }: Pick<Site, 'deps'>, { id }: { id: string }) =>
  deps.db.selectFrom('users').selectAll().where('id', '=', id).executeTakeFirstOrThrow()
