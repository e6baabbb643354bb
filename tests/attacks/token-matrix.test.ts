import { expect, test } from 'bun:test'
import type { LinkPurpose } from '@db/mail-tables'
import { userLocks } from '@/deps/locks'
import { inTransaction } from '@/deps/transaction'
import { activateUser, deactivateUser } from '@/model/accounts/deactivate'
import { changePassword } from '@/model/accounts/change-password'
import { cancelDeletion, requestDeletion } from '@/model/accounts/request-deletion'
import { consumeOneTimeToken, findOneTimeToken, issueOneTimeToken } from '@/model/one-time-tokens/one-time-tokens'
import { findUser } from '@/model/users/users'
import { insertFactorReset } from '@/model/factor-resets/factor-resets'
import { moveTo, requestMove } from '../support/email-changes'
import { annAndEveWithMail, issueTo, openLink, useOpened } from '../support/one-time-links'
import { ann } from '../support/people'

// Which event ends which token of an account. Tokens of a sign-up belong to no account.

type Site = Awaited<ReturnType<typeof annAndEveWithMail>>
type Purpose = Exclude<LinkPurpose, 'sign-up'>

/** `shown`: the page of the link opens, and its form is refused. */
type State = 'valid' | 'invalid' | 'shown'

const useLink = async (site: Site, purpose: 'reset-password' | 'secure-account') => {
  const browser = site.browser()
  await openLink(browser, purpose, await issueTo(site, site.users.ann, purpose))
  expect((await useOpened(browser, purpose)).status).toBe(303)
}

const EVENTS = {
  'nothing happens': async () => undefined,
  'the password is changed by form': async ({ as }) =>
    (await as(ann)).post('/settings/password', { password: ann.password, new_password: 'seven humming llamas' }),
  'the password is changed by the command line': ({ deps, users }) =>
    inTransaction(deps, (deps) => changePassword(deps, users.ann, 'a hash', 'command line'), {
      locks: userLocks(users.ann),
    }),
  'the password is reset by mail': (site) => useLink(site, 'reset-password'),
  'the address is changed': async (site) => {
    const changeId = await moveTo(site, site.users.ann, 'moved@example.test')
    // As the confirmation of that change does.
    await site.deps.db.updateTable('email_changes').set({ cancelled_at: 1 }).where('id', '!=', changeId).execute()
  },
  'the account is secured': (site) => useLink(site, 'secure-account'),
  'the account is deactivated': ({ deps, users }) => deactivateUser(deps, users.ann, 'command line'),
  'the account is deactivated and reactivated': async ({ deps, users }) => {
    await deactivateUser(deps, users.ann, 'command line')
    await activateUser(deps, users.ann, 'command line')
  },
  'the deletion is requested': ({ deps, users }) => requestDeletion(deps, users.ann, { by: users.ann.id }),
  'the deletion is requested and cancelled': async ({ deps, users }) => {
    await requestDeletion(deps, users.ann, { by: users.ann.id })
    await cancelDeletion(deps, users.ann, users.ann.id)
  },
  'the account is deleted': ({ deps, users }) => deps.db.deleteFrom('users').where('id', '=', users.ann.id).execute(),
} satisfies Record<string, (site: Site) => Promise<unknown>>

const PURPOSES = [
  'reset-password',
  'verify-email',
  'change-email',
  'secure-account',
  'login-code',
  'factor-reset-confirm',
  'factor-reset-finish',
] as const satisfies readonly Purpose[]

const ALL = PURPOSES.map(() => 'valid' as const)
const NONE = PURPOSES.map(() => 'invalid' as const)
const ONLY_SECURING = PURPOSES.map((purpose) => (purpose === 'secure-account' ? 'valid' : 'invalid'))
/** No link of a delayed reset. */
const NO_RESET = ['invalid', 'invalid'] as const

/** In the order of `PURPOSES`. */
const MATRIX: Record<keyof typeof EVENTS, readonly State[]> = {
  'nothing happens': ALL,
  'the password is changed by form': ['invalid', 'valid', 'invalid', 'valid', 'invalid', ...NO_RESET],
  'the password is changed by the command line': ['invalid', 'valid', 'invalid', 'valid', 'invalid', ...NO_RESET],
  'the password is reset by mail': ONLY_SECURING,
  'the address is changed': ONLY_SECURING,
  'the account is secured': NONE,
  'the account is deactivated': ['shown', 'invalid', 'invalid', 'valid', 'invalid', ...NO_RESET],
  'the account is deactivated and reactivated': ['valid', 'invalid', 'invalid', 'valid', 'invalid', ...NO_RESET],
  'the deletion is requested': ['valid', 'invalid', 'invalid', 'valid', 'invalid', ...NO_RESET],
  'the deletion is requested and cancelled': ['valid', 'invalid', 'invalid', 'valid', 'invalid', ...NO_RESET],
  'the account is deleted': NONE,
}

const cells = (Object.keys(EVENTS) as (keyof typeof EVENTS)[]).flatMap((event) =>
  PURPOSES.map((purpose, i) => ({ event, purpose, expected: MATRIX[event][i] })),
)

test.each(cells)('if $event, a token for $purpose is $expected', async ({ event, purpose, expected }) => {
  const site = await annAndEveWithMail()
  const emailChangeId = await requestMove(site, site.users.ann, 'new@example.test')
  const user = await findUser(site.deps, site.users.ann.id)
  if (!user) throw new Error('Ann is gone')
  const isReset = purpose === 'factor-reset-confirm' || purpose === 'factor-reset-finish'
  const dueAt = purpose === 'factor-reset-finish' ? site.deps.now() : undefined
  const factorResetId = isReset ? (await insertFactorReset(site.deps, user, dueAt))?.id : undefined
  const options = purpose === 'change-email' ? { emailChangeId } : { factorResetId }
  const owner = purpose === 'change-email' ? { ...user, email: 'new@example.test' } : user
  const token = await inTransaction(site.deps, (deps) => issueOneTimeToken(deps, purpose, owner, options), {
    locks: [],
  })
  await EVENTS[event](site)
  const isShown = (await findOneTimeToken(site.deps, purpose, token)) !== undefined
  const isUsed =
    (await inTransaction(site.deps, (deps) => consumeOneTimeToken(deps, purpose, token), {
      locks: userLocks(owner),
    })) !== undefined
  expect<State>(isUsed ? 'valid' : isShown ? 'shown' : 'invalid').toBe(expected ?? 'invalid')
})
