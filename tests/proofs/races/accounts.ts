import { readConfig } from '@/config/env'
import { sha256 } from '@/lib/encoding'
import { cookiesIn, outcomeOf } from '../http'
import { AT_ONCE, count, countEvents, countLive, logIn, post, somebody, volley, type Race } from './race'

let addresses = 0

const signUp: Race = {
  name: 'sign-up of one address, in two cases',
  async round(site) {
    const email = `race-${++addresses}@example.test`
    const answers = await volley(site, (i) =>
      post('/signup', {
        email: i % 2 ? email : email.toUpperCase(),
        name: 'Ann',
        password: 'correct horse battery',
      }),
    )
    const [id = ''] = site.find('select id from users where canonical_email = ?', email)
    return {
      answers,
      effects: count(site, 'users where canonical_email = ?', email),
      wanted: 1,
      exactly: { '303 /login': 1, '422': AT_ONCE - 1 },
      flaws: [countEvents(site, `${id}`, 'signed-up') !== 1 && 'The sign-up does not stand in the history once.'],
    }
  },
}

const changePassword: Race = {
  name: 'change of password, each to another one',
  async round(site) {
    const { user, browser } = await somebody(site)
    await logIn(site, user) // elsewhere
    const wish = (i: number) => `five boxing wizards ${i}`
    const answers = await volley(site, (i) =>
      post('/settings/password', { password: user.password, new_password: wish(i) }, browser.jar),
    )
    const winner = answers.findIndex((answer) => outcomeOf(answer) === '303 /settings')
    const [hash = ''] = site.find('select password_hash from users where id = ?', user.id)
    const token = answers[winner] && cookiesIn(answers[winner]).get('session')
    const isIn = (await site.browser().get('/profile', { cookie: `session=${token}` })).status === 200
    return {
      answers,
      effects: countEvents(site, user.id, 'password-changed'),
      wanted: 1,
      exactly: { '303 /settings': 1 },
      others: ['422', '303 /settings/password', '303 /login'],
      flaws: [
        Number(site.find('select password_version from users where id = ?', user.id)[0]) !== 2 &&
          'The password was not changed once.',
        !(await Bun.password.verify(wish(winner), `${hash}`)) && 'The password is not the one that was acknowledged.',
        countLive(site, user.id) !== 1 && 'Not exactly one session is left.',
        !isIn && 'Who changed the password is not logged in.',
      ],
    }
  },
}

const FREE = readConfig({}).limits.account.freeAttempts

const guess: Race = {
  name: 'guesses at one password',
  async round(site) {
    const { email } = await site.makeUser()
    await site.limit(true)
    const answers = await volley(site, (i) => post('/login', { email, password: `wrong horse ${i}` }))
    await site.limit(false)
    const [counted] = site.find('select count from login_failures where key_hash = ?', sha256(`account ${email}`))
    return { answers, effects: Number(counted), wanted: FREE, exactly: { '422': FREE, '429': AT_ONCE - FREE } }
  },
}

export const accountRaces = [signUp, guess, changePassword]
