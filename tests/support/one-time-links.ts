import type { LinkPurpose } from '@db/mail-tables'
import { inTransaction } from '@/deps/transaction'
import { issueOneTimeToken } from '@/model/one-time-tokens/one-time-tokens'
import type { User } from '@/model/types'
import { findUser } from '@/model/users/users'
import type { Answer, Browser } from './browser'
import { linkCases } from './link-purposes'
import { annAndEve } from './people'
import type { Site } from './site'

/** Mail goes to the test mailbox. */
export const annAndEveWithMail = (env: Record<string, string> = {}) =>
  annAndEve({ MAIL_URL: 'mailbox:', EMAIL_LOGIN: env.MAIL_URL === 'off' ? 'off' : 'on', ...env })

/** A token as the mail job issues it, for the account as it is now. */
export const issueTo = ({ deps }: Pick<Site, 'deps'>, { id }: Pick<User, 'id'>, purpose: LinkPurpose) =>
  inTransaction(
    deps,
    async (deps) => {
      const user = await findUser(deps, id)
      if (!user) throw new Error('the user of a token is gone')
      const { options, ...owner } = (await linkCases[purpose]?.bind?.({ deps }, user)) ?? {}
      return issueOneTimeToken(deps, purpose, { ...user, ...owner }, options)
    },
    { locks: [] },
  )

const caseOf = (purpose: LinkPurpose) => {
  const found = linkCases[purpose]
  if (!found) throw new Error(`no link case for ${purpose}`)
  return found
}

/** Opens the link as a browser does: the redirect, then the page. */
export async function openLink(browser: Browser, purpose: LinkPurpose, token: string): Promise<Answer> {
  const { flow } = caseOf(purpose)
  if (flow !== undefined) browser.keep('flow', flow)
  await browser.get(`${caseOf(purpose).path}?token=${encodeURIComponent(token)}`)
  return browser.get(caseOf(purpose).path)
}

export const useOpened = (browser: Browser, purpose: LinkPurpose) =>
  browser.post(caseOf(purpose).path, caseOf(purpose).fields)
