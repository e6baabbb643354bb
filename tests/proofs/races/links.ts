import { NEW_PASSWORD, purposes } from '../../support/link-purposes'
import { CONCURRENCY, count, countActive, countEvents, logIn, post, sendConcurrently, type Race } from './race'

/** Twenty parallel uses of a link from a mail have one effect and one mail. No mail server is needed. */
export const linkRaces = purposes.map(({ purpose, path, fields, to }): Race => ({
  name: `a link of a mail is used: ${purpose}`,
  async round(site) {
    const user = await site.createUser()
    await logIn(site, user)
    const token = `${await site.send({ kind: 'token', id: user.id, purpose })}`
    const cookies = new Map([['one-time', token]])
    const answers = await sendConcurrently(site, () => post(path, fields, cookies))
    const [hash = ''] = site.find('select password_hash from users where id = ?', user.id)
    return {
      answers,
      effects: countEvents(site, user.id, 'password-changed'),
      allowed: 1,
      exactly: { [`303 ${to}`]: 1, '410': CONCURRENCY - 1 },
      failures: [
        count(site, 'mails where user_id = ?', user.id) !== 1 && 'not exactly one mail',
        count(site, 'one_time_tokens where user_id = ?', user.id) !== 0 && 'the token still exists',
        countActive(site, user.id) !== 0 && 'a session is still active',
        !(await Bun.password.verify(NEW_PASSWORD, `${hash}`)) && 'another password than the chosen one',
      ],
    }
  },
}))
