import type { LinkPurpose } from '@db/mail-tables'
import { days, minutes } from '@/lib/duration'
import { sha256 } from '@/lib/encoding'
import type { TokenOptions } from '@/model/one-time-tokens/one-time-tokens'
import { findFactorReset, insertFactorReset } from '@/model/factor-resets/factor-resets'
import { findPendingChange } from '@/model/accounts/pending-changes'
import { hashPassword } from '@/model/passwords/hash'
import type { User } from '@/model/types'
import { requestMove } from './email-changes'
import { ann } from './people'
import type { Site } from './site'

type LinkCase = {
  path: string
  lifetime: number
  /** What the form of the page sends. */
  fields: Record<string, string>
  /** Where the one successful use leads. */
  to: string
  /** How often a token was used, by its effect. */
  countEffects(site: Pick<Site, 'events'>): number
  /** A use leads to another token, in the same cookie. */
  leadsToToken?: boolean
  /** How many mails a use writes; one by default. */
  mails?: number
  /** To which address the token is mailed, and for what, if not to the user's own. A sign-up has no user. */
  bind?(site: Pick<Site, 'deps'>, user: User): Promise<{ email: string; id?: undefined; options: TokenOptions }>
  /** Each mail reports another event, so a user may have any number of tokens. */
  isUnlimited?: boolean
  /** The cookie of the browser that asked for the mail. The link works only there. */
  flow?: string
  /** Without a link the page is a form of its own. */
  isForm?: boolean
}

export const NEW_PASSWORD = 'five boxing wizards'

const FLOW = `login-code.${'F'.repeat(43)}`

/** Every test of one-time links runs for each of these purposes. */
export const linkCases: { [P in LinkPurpose]?: LinkCase } = {
  'sign-up': {
    path: '/verify-email',
    lifetime: days(1),
    fields: { new_password: NEW_PASSWORD },
    to: '/login',
    // Those of the test people do not count.
    countEffects: ({ events }) => events.filter(({ kind }) => kind === 'signed-up').length - 2,
    mails: 0,
    bind: bindToSignUp,
  },
  'reset-password': {
    path: '/reset-password',
    lifetime: minutes(30),
    fields: { new_password: NEW_PASSWORD },
    to: '/login',
    countEffects: ({ events }) =>
      events.filter((event) => event.kind === 'password-changed' && event.how === 'reset').length,
  },
  'verify-email': {
    path: '/verify-email',
    lifetime: days(1),
    fields: { password: ann.password },
    to: '/login',
    countEffects: ({ events }) => events.filter(({ kind }) => kind === 'email-verified').length,
    mails: 0,
  },
  'change-email': {
    path: '/verify-email',
    lifetime: days(1),
    fields: { password: ann.password },
    to: '/login',
    countEffects: ({ events }) => events.filter(({ kind }) => kind === 'email-changed').length,
    mails: 2,
    bind: bindToChange,
  },
  'secure-account': {
    path: '/secure-account',
    lifetime: days(7),
    fields: {},
    to: '/reset-password',
    countEffects: ({ events }) => events.filter(({ kind }) => kind === 'account-secured').length,
    leadsToToken: true,
    isUnlimited: true,
  },
  'login-code': {
    path: '/login/code',
    lifetime: minutes(10),
    fields: {},
    to: '/profile',
    countEffects: ({ events }) => events.filter(({ kind }) => kind === 'logged-in').length,
    mails: 0,
    bind: async (_, { email }) => ({ email, options: { flowHash: sha256(FLOW) } }),
    flow: FLOW,
    isForm: true,
  },
  'factor-reset-confirm': {
    path: '/login/reset-factors',
    lifetime: days(1),
    fields: { action: 'start' },
    to: '/login',
    countEffects: ({ events }) => events.filter(({ kind }) => kind === 'factor-reset-confirmed').length,
    mails: 4, // now, after one and two days, and at the end
    bind: (site, user) => bindToFactorReset(site, user),
  },
  'factor-reset-finish': {
    path: '/login/reset-factors',
    lifetime: days(1),
    fields: { action: 'finish' },
    to: '/login',
    countEffects: ({ events }) => events.filter(({ kind }) => kind === 'factors-reset').length,
    bind: (site, user) => bindToFactorReset(site, user, site.deps.now()),
  },
}

/** The open reset of the user, or a new one. With `dueAt`, its waiting period ends then. */
async function bindToFactorReset({ deps }: Pick<Site, 'deps'>, user: User, dueAt?: number) {
  const reset = (await findFactorReset(deps, user)) ?? (await insertFactorReset(deps, user, dueAt))
  return { email: user.email, options: { factorResetId: reset?.id } }
}

/** One for each user, with an address and in a browser that the test does not have. */
async function bindToSignUp({ deps }: Pick<Site, 'deps'>, { email: of }: User) {
  const [id, email] = [`the sign-up of ${of}`, `sign-up-${of}`]
  const pending = {
    id,
    email,
    canonical_email: email,
    name: 'Zoe',
    password_hash: await hashPassword(deps, 'violet marmalade kettle'),
    flow_hash: sha256(id),
    created_at: deps.now(),
    expires_at: deps.now() + days(1),
  }
  const insert = deps.db.insertInto('pending_signups').values(pending)
  await insert.onConflict((conflict) => conflict.column('id').doNothing()).execute()
  return { id: undefined, email, options: { pendingSignupId: id, flowHash: pending.flow_hash } }
}

/** The change that the user has requested, or a new one. */
async function bindToChange(site: Pick<Site, 'deps'>, user: User) {
  const email = `new-${user.email}`
  const emailChangeId = (await findPendingChange(site.deps, user))?.id ?? (await requestMove(site, user, email))
  return { email, options: { emailChangeId } }
}

export const purposes = Object.entries(linkCases).map(([purpose, link]) => ({
  purpose: purpose as LinkPurpose,
  ...link,
}))
