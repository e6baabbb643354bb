import { expect, test } from 'bun:test'
import { Elysia } from 'elysia'
import type { AuthEvent } from '@/deps/events'
import type { AuthOptions } from '@/http/types/auth-options'
import type { Context } from '@/http/types/context'
import { authDoc, examples, shown, writeExamples } from './examples'
import { annAndEve } from '../../support/people'

type LoginOptions = NonNullable<Parameters<Context['logIn']>[1]>

/** The `code` words in the first cells of the tables below a heading, down to the next one. */
const firstCells = (heading: string, marks = '##') =>
  (authDoc.split(`\n${marks} ${heading}\n`)[1]?.split('\n##')[0] ?? '')
    .split('\n')
    .flatMap((line) => /^\| `([^`]+)`/.exec(line)?.[1] ?? [])

const bare = (cells: string[]) => cells.map((cell) => cell.replace(/[(].*/, ''))

// The compiler checks that these lists are complete.
const allOptions = {
  loginPath: 0,
  reloginPath: 0,
  pathGroups: 0,
  messages: 0,
  translate: 0,
  mails: 0,
  protection: 0,
  fingerprint: 0,
  cookies: 0,
  rememberFor: 0,
  passkeys: 0,
  findUser: 0,
  exportUserData: 0,
  onUserDeleted: 0,
  anonymousData: 0,
  onUnauthenticated: 0,
  onReauthRequired: 0,
  on: 0,
} satisfies Record<keyof AuthOptions, 0>
const allOfCookies = { names: 0, sameSite: 0, domain: 0, path: 0 } satisfies Record<
  keyof NonNullable<AuthOptions['cookies']>,
  0
>

const allOfPasskeys = { upgrade: 0 } satisfies Record<keyof NonNullable<AuthOptions['passkeys']>, 0>

const optionNames = [
  ...Object.keys(allOptions),
  ...Object.keys(allOfCookies).map((name) => `cookies.${name}`),
  ...Object.keys(allOfPasskeys).map((name) => `passkeys.${name}`),
]

const allEvents = Object.keys({
  'signed-up': 0,
  'sign-up-requested': 0,
  'logged-in': 0,
  'new-device': 0,
  'login-failed': 0,
  'rate-limited': 0,
  'attack-suspected': 0,
  'account-locked': 0,
  'account-unlocked': 0,
  'second-step-required': 0,
  'second-step-failed': 0,
  'second-step-abandoned': 0,
  'codes-locked': 0,
  'recovery-code-used': 0,
  'browser-trusted': 0,
  'trusted-browsers-revoked': 0,
  reauthenticated: 0,
  'logged-out': 0,
  'session-restored': 0,
  'token-used': 0,
  'access-denied': 0,
  'reauth-required': 0,
  'client-changed': 0,
  'session-ended': 0,
  'device-revoked': 0,
  'sessions-revoked': 0,
  'remember-token-reused': 0,
  'password-changed': 0,
  'password-reset-requested': 0,
  'verification-requested': 0,
  'email-verified': 0,
  'email-change-requested': 0,
  'email-changed': 0,
  'data-exported': 0,
  'notification-muted': 0,
  'notification-unmuted': 0,
  'link-opened': 0,
  'link-rejected': 0,
  'account-secured': 0,
  'email-change-undone': 0,
  'passkey-declined': 0,
  'factors-reset': 0,
  'factor-reset-requested': 0,
  'factor-reset-confirmed': 0,
  'factor-reset-cancelled': 0,
  'factor-added': 0,
  'factor-removed': 0,
  'passkey-flagged': 0,
  'password-set': 0,
  'password-removed': 0,
  'recovery-codes-created': 0,
  'two-step-enabled': 0,
  'two-step-disabled': 0,
  'token-created': 0,
  'token-revoked': 0,
  'role-changed': 0,
  'user-deactivated': 0,
  'user-activated': 0,
  'deletion-requested': 0,
  'deletion-cancelled': 0,
  'user-deleted': 0,
  'mail-sent': 0,
  'mail-failed': 0,
  'mail-stalled': 0,
} satisfies Record<AuthEvent['kind'], 0>)

const allOfLogIn = {
  method: 0,
  provider: 0,
  passkeyId: 0,
  secondFactor: 0,
  provedAt: 0,
  remember: 0,
  duration: 0,
  fresh: 0,
  loginHitId: 0,
  force: 0,
  returnPath: 0,
  inSameTransaction: 0,
} satisfies Record<keyof LoginOptions, 0>

test('the table has every option with an example, and nothing else', () => {
  expect(firstCells('Options').toSorted()).toEqual(optionNames.toSorted())
  expect(shown('option').toSorted()).toEqual(optionNames.toSorted())
})

test('the table has every guard with an example, and nothing else', async () => {
  const { guards } = await annAndEve()
  expect(firstCells('Guards').toSorted()).toEqual(Object.keys(guards).toSorted())
  expect(shown('guard').toSorted()).toEqual(Object.keys(guards).toSorted())
})

test('the table has every event with an example, and nothing else', () => {
  expect(firstCells('Events').toSorted()).toEqual(allEvents.toSorted())
  expect(shown('event').toSorted()).toEqual(allEvents.toSorted())
})

/** The context of handlers behind these guards, and its members of `reply`. */
async function contextOfHandlers() {
  const { app, guards, browser } = await annAndEve()
  const [members, answers] = [new Set<string>(), new Set<string>()]
  const { anyone, guest, noSession } = guards
  for (const [name, guard] of Object.entries({ anyone, guest, noSession }))
    app.use(
      new Elysia({ prefix: `/${name}` }).use(guard).get('/', (context) => {
        for (const key of Object.keys(context)) members.add(key)
        for (const key of Object.keys(context.reply)) answers.add(`reply.${key}`)
        return context.reply.noContent()
      }),
    )
  app.get('/unguarded', (context) => {
    for (const key of Object.keys(context)) if (key !== 'request') members.delete(key)
  })
  for (const name of ['anyone', 'guest', 'noSession', 'unguarded']) await browser().get(`/${name}`)
  return [...members, ...answers]
}

test('the tables have every member of the handler context except internal ones, and nothing else', async () => {
  const internal = ['internal', 'reply.dialog', 'reply.hasFlash', 'reply.internal', 'reply.takeSecondStepMessage']
  const members = (await contextOfHandlers()).filter((name) => !internal.includes(name))
  expect(bare(firstCells('Values and functions')).toSorted()).toEqual(members.toSorted())
  expect(shown('handler').filter((name) => !members.includes(name))).toEqual([])
  expect(bare(firstCells('logIn, logOut, reauthenticate', '###')).toSorted()).toEqual(
    Object.keys(allOfLogIn).toSorted(),
  )
})

test('the examples pass the type check', async () => {
  const folder = await writeExamples()
  const check = Bun.spawn([process.execPath, 'check', '--no-script', '-p', folder], { stdout: 'pipe', stderr: 'pipe' })
  expect([await new Response(check.stdout).text(), await check.exited]).toEqual([expect.any(String), 0])
  expect(examples.length).toBeGreaterThan(40)
}, 60_000)
