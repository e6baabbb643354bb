import { readConfig } from '@/config/env'
import { sha256 } from '@/lib/encoding'
import { cookiesIn, outcomeOf } from '../http'
import {
  CONCURRENCY,
  count,
  countEvents,
  countActive,
  fromOwnSource,
  logIn,
  post,
  loggedInUser,
  sendAround,
  sendConcurrently,
  type Race,
} from './race'

let emails = 0

type SignUp = { name: string; password: (i: number) => string; exactly: Record<string, number> }

const signUp = ({ name, password, exactly }: SignUp): Race => ({
  name,
  async round(site) {
    const email = `race-${++emails}@example.test`
    const answers = await sendConcurrently(site, (i) =>
      post('/signup', {
        email: i % 2 ? email : email.toUpperCase(),
        name: 'Ann',
        password: password(i),
      }),
    )
    const [id = ''] = await site.find('select id from users where canonical_email = ?', email)
    return {
      answers,
      effects: await count(site, 'users where canonical_email = ?', email),
      allowed: 1,
      exactly,
      failures: [(await countEvents(site, `${id}`, 'signed-up')) !== 1 && 'not exactly one event signed-up'],
    }
  },
})

const signUps = [
  signUp({
    name: 'sign-up of one address, in two cases',
    password: (i) => `correct horse battery ${i}`,
    exactly: { '303 /login': 1, '422': CONCURRENCY - 1 },
  }),
  signUp({
    name: 'sign-up of one address with one password',
    password: () => 'correct horse battery',
    exactly: { '303 /login': CONCURRENCY },
  }),
]

const changePassword: Race = {
  name: 'password changes, each to another password',
  async round(site) {
    const { user, browser } = await loggedInUser(site)
    await logIn(site, user) // in another browser
    const newPassword = (i: number) => `five boxing wizards ${i}`
    const answers = await sendConcurrently(site, (i) =>
      post('/settings/password', { password: user.password, new_password: newPassword(i) }, browser.jar),
    )
    const winner = answers.findIndex((answer) => outcomeOf(answer) === '303 /settings')
    const [hash = ''] = await site.find('select password_hash from users where id = ?', user.id)
    const token = answers[winner] && cookiesIn(answers[winner]).get('session')
    const isLoggedIn = (await site.browser().get('/profile', { cookie: `session=${token}` })).status === 200
    return {
      answers,
      effects: await countEvents(site, user.id, 'password-changed'),
      allowed: 1,
      exactly: { '303 /settings': 1 },
      others: ['422', '303 /settings/password', '303 /login'],
      failures: [
        Number((await site.find('select password_version from users where id = ?', user.id))[0]) !== 2 &&
          'password version is not 2',
        !(await Bun.password.verify(newPassword(winner), `${hash}`)) && 'another password than the confirmed one',
        (await countActive(site, user.id)) !== 1 && 'not exactly one session is left',
        !isLoggedIn && 'the session of the password change has ended',
      ],
    }
  },
}

const FREE_ATTEMPTS = readConfig({}).limits.account.freeAttempts

const attempt: Race = {
  name: 'attempts at one password',
  async round(site) {
    const { email } = await site.createUser()
    await site.limit(true)
    const answers = await sendConcurrently(site, (i) =>
      fromOwnSource(post('/login', { email, password: `wrong horse ${i}` }), i),
    )
    await site.limit(false)
    const [failures] = await site.find(
      'select count from login_failures where key_hash = ?',
      sha256(`account ${email}`),
    )
    return {
      answers,
      effects: Number(failures),
      allowed: FREE_ATTEMPTS,
      exactly: { '422': FREE_ATTEMPTS, '429': CONCURRENCY - FREE_ATTEMPTS },
    }
  },
}

/** A session of the old password would outlive the change. */
const logInBesideChange: Race = {
  name: 'logins with the old password beside a change of the password',
  async round(site) {
    const { user, browser } = await loggedInUser(site)
    const { email, password } = user
    const change = post('/settings/password', { password, new_password: 'five boxing wizards' }, browser.jar)
    const { sent } = await sendAround(site, change, () => post('/login', { email, password }))
    return {
      ...sent,
      effects: await countActive(site, user.id),
      allowed: 1,
      exactly: { '303 /settings': 1 },
      others: ['303 /profile', '422'],
    }
  },
}

export const accountRaces = [...signUps, attempt, changePassword, logInBesideChange]
