import type { LinkPurpose } from '@db/mail-tables'
import { sha256 } from '@/lib/encoding'
import type { Person, ProofSite } from '../site'
import { CONCURRENCY, count, countActive, countEvents, logIn, post, sendConcurrently, type Race } from './race'

type User = Person & { id: string }

const NEW_PASSWORD = 'five boxing wizards'

/** For a link of an account. */
type LinkProof = {
  path: string
  fields: (user: User) => Record<string, string>
  to: string
  /** Recorded once per use. */
  event: string
  /** How many mails and active sessions there are afterwards. */
  mails: number
  sessions: number
  check?(site: ProofSite, userId: string): Promise<string | false>
}

const passwordHashOf = async (site: ProofSite, userId: string) =>
  `${(await site.find('select password_hash from users where id = ?', userId))[0] ?? ''}`

const typesPassword = ({ password }: User) => ({ password })

const proofs: { [P in LinkPurpose]?: LinkProof } = {
  'reset-password': {
    path: '/reset-password',
    fields: () => ({ new_password: NEW_PASSWORD }),
    to: '/login',
    event: 'password-changed',
    mails: 1,
    sessions: 0,
    check: async (site, userId) =>
      !(await Bun.password.verify(NEW_PASSWORD, await passwordHashOf(site, userId))) &&
      'another password than the chosen one',
  },
  'verify-email': {
    path: '/verify-email',
    fields: typesPassword,
    to: '/login',
    event: 'email-verified',
    mails: 0,
    sessions: 1,
  },
  'change-email': {
    path: '/verify-email',
    fields: typesPassword,
    to: '/login',
    event: 'email-changed',
    mails: 2,
    sessions: 0,
    check: async (site, userId) =>
      (await count(site, "users where id = ? and email like 'new-%'", userId)) !== 1 &&
      'another address than the new one',
  },
  'secure-account': {
    path: '/secure-account',
    fields: () => ({}),
    to: '/reset-password',
    event: 'account-secured',
    mails: 1,
    sessions: 0,
    check: async (site, userId) =>
      (await count(site, 'users where id = ? and secured_at is not null', userId)) !== 1 && 'the password still works',
  },
  'factor-reset-confirm': {
    path: '/login/reset-factors',
    fields: () => ({ action: 'start' }),
    to: '/login',
    event: 'factor-reset-confirmed',
    mails: 4, // now, after one and two days, and at the end
    sessions: 1,
    check: async (site, userId) =>
      (await count(site, 'factor_resets where user_id = ? and due_at is not null', userId)) !== 1 &&
      'no waiting period runs',
  },
  'factor-reset-finish': {
    path: '/login/reset-factors',
    fields: () => ({ action: 'finish' }),
    to: '/login',
    event: 'factors-reset',
    mails: 1,
    sessions: 0,
  },
}

const stillExists = async (site: ProofSite, token: string) =>
  (await count(site, 'one_time_tokens where token_hash = ?', sha256(token))) !== 0 && 'the token still exists'

/** Twenty parallel uses of a link from a mail have one effect. No mail server is needed. */
const accountLinks = (Object.entries(proofs) as [LinkPurpose, LinkProof][]).map(
  ([purpose, { path, fields, to, event, mails, sessions, check }]): Race => ({
    name: `a link of a mail is used: ${purpose}`,
    async round(site) {
      const user = await site.createUser()
      await logIn(site, user)
      const token = `${await site.send({ kind: 'token', id: user.id, purpose })}`
      const cookies = new Map([['one-time', token]])
      const answers = await sendConcurrently(site, () => post(path, fields(user), cookies))
      return {
        answers,
        effects: await countEvents(site, user.id, event),
        allowed: 1,
        exactly: { [`303 ${to}`]: 1, '410': CONCURRENCY - 1 },
        failures: [
          (await count(site, 'mails where user_id = ?', user.id)) !== mails && 'a wrong number of mails',
          await stillExists(site, token),
          (await countActive(site, user.id)) !== sessions && 'a wrong number of active sessions',
          (await check?.(site, user.id)) ?? false,
        ],
      }
    },
  }),
)

let emails = 0

const signUpLink: Race = {
  name: 'a link of a mail is used: sign-up',
  async round(site) {
    const person = { email: `link-${++emails}@example.test`, name: 'Ann', password: 'correct horse battery' }
    const [flow = '', token = ''] = [await site.send({ kind: 'sign-up', person })].flat().map(String)
    const cookies = new Map([
      ['flow', flow],
      ['one-time', token],
    ])
    const answers = await sendConcurrently(site, () => post('/verify-email', {}, cookies))
    const [id = ''] = await site.find('select id from users where canonical_email = ?', person.email)
    return {
      answers,
      effects: await count(site, 'users where canonical_email = ? and email_verified_at is not null', person.email),
      allowed: 1,
      exactly: { '303 /profile': 1, '410': CONCURRENCY - 1 },
      failures: [
        await stillExists(site, token),
        (await count(site, 'pending_signups where canonical_email = ?', person.email)) !== 0 &&
          'the sign-up is still pending',
        (await countActive(site, `${id}`)) !== 1 && 'not exactly one session',
      ],
    }
  },
}

const loginLink: Race = {
  name: 'a link of a mail is used: login-code',
  async round(site) {
    const { id } = await site.createUser()
    const flow = `login-code.${'F'.repeat(43)}`
    const token = `${await site.send({ kind: 'token', id, purpose: 'login-code', flow })}`
    const browser = site.browser()
    browser.keep('flow', flow)
    await browser.get(`/login/code?token=${token}`)
    const answers = await sendConcurrently(site, () => post('/login/code', {}, browser.jar))
    return {
      answers,
      effects: await countEvents(site, id, 'logged-in'),
      allowed: 1,
      exactly: { '303 /profile': 1, '410': CONCURRENCY - 1 },
      failures: [await stillExists(site, token), (await countActive(site, id)) !== 1 && 'not exactly one session'],
    }
  },
}

export const linkRaces = [...accountLinks, signUpLink, loginLink]
