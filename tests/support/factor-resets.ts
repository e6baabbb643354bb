import type { Browser } from './browser'
import { ann } from './people'
import { annWithRecoveryCodes } from './second-factors'
import type { Site } from './site'

type AnnsSite = Pick<Site, 'deps' | 'browser' | 'advance' | 'deliverMail' | 'mailbox'> &
  Pick<Awaited<ReturnType<typeof annWhoLostFactors>>, 'users'>

export const LOST = '/login/second-step/lost'
export const RESET = '/login/reset-factors'

/** Ann has two-step verification. Mail is on. */
export const annWhoLostFactors = (env: Record<string, string> = {}) =>
  annWithRecoveryCodes({ MAIL_URL: 'mailbox:', ...env })

/** A browser in which Ann entered her password. */
export async function annsPassword({ browser }: Pick<Site, 'browser'>, userAgent?: string) {
  const anns = browser(userAgent)
  await anns.post('/login', ann)
  return anns
}

/** The token of the newest link to the page of a delayed reset. */
export async function resetToken({ deliverMail, mailbox }: Pick<Site, 'deliverMail' | 'mailbox'>) {
  await deliverMail()
  for (const { text } of mailbox.mails.toReversed()) {
    const [, token] = /\/login\/reset-factors\?token=([\w-]{43})/.exec(text) ?? []
    if (token !== undefined) return token
  }
  return ''
}

export async function openResetLink(browser: Browser, token: string) {
  await browser.get(`${RESET}?token=${token}`)
  return browser.get(RESET)
}

/** Ann asks for the removal. Returns a browser that has opened the link of the mail. */
export async function requestReset(site: AnnsSite) {
  const anns = await annsPassword(site)
  await anns.post(LOST)
  await openResetLink(anns, await resetToken(site))
  return anns
}

/** The waiting period starts now. */
export async function startWaiting(site: AnnsSite) {
  const anns = await requestReset(site)
  await anns.post(RESET, { action: 'start' })
  await site.deliverMail()
  return anns
}

/** The waiting period is over, and Ann has opened the link in the last mail. */
export async function annWithDueReset(site: AnnsSite) {
  await startWaiting(site)
  site.advance(site.deps.config.factorReset)
  const anns = site.browser()
  await openResetLink(anns, await resetToken(site))
  return anns
}

export const resetRow = ({ deps, users }: Pick<AnnsSite, 'deps' | 'users'>) =>
  deps.db.selectFrom('factor_resets').selectAll().where('user_id', '=', users.ann.id).executeTakeFirst()

export async function countFactorsOfAnn({ deps, users }: Pick<AnnsSite, 'deps' | 'users'>) {
  let count = 0
  for (const table of ['authenticator_apps', 'recovery_codes', 'passkeys'] as const)
    count += (await deps.db.selectFrom(table).select('id').where('user_id', '=', users.ann.id).execute()).length
  return count
}
