import type { LinkPurpose } from '@db/schema'
import { sha256 } from '@/lib/encoding'
import { linkCases, NEW_PASSWORD } from '../../support/link-purposes'
import type { ProofSite } from '../site'
import { CONCURRENCY, count, countActive, countEvents, logIn, post, sendConcurrently, type Race } from './race'

type LinkProof = {
  /** Recorded once per use. */
  event: string
  check(site: ProofSite, userId: string): Promise<string | false> | string | false
}

const passwordHashOf = (site: ProofSite, userId: string) =>
  `${site.find('select password_hash from users where id = ?', userId)[0] ?? ''}`

const proofs: { [P in LinkPurpose]?: LinkProof } = {
  'reset-password': {
    event: 'password-changed',
    check: async (site, userId) =>
      !(await Bun.password.verify(NEW_PASSWORD, passwordHashOf(site, userId))) &&
      'another password than the chosen one',
  },
  'secure-account': {
    event: 'account-secured',
    check: (site, userId) =>
      count(site, 'users where id = ? and secured_at is not null', userId) !== 1 && 'the password still works',
  },
}

/** Twenty parallel uses of a link from a mail have one effect and one mail. No mail server is needed. */
export const linkRaces = (Object.entries(proofs) as [LinkPurpose, LinkProof][]).map(([purpose, proof]): Race => ({
  name: `a link of a mail is used: ${purpose}`,
  async round(site) {
    const { path = '', fields = {}, to = '' } = linkCases[purpose] ?? {}
    const user = await site.createUser()
    await logIn(site, user)
    const token = `${await site.send({ kind: 'token', id: user.id, purpose })}`
    const cookies = new Map([['one-time', token]])
    const answers = await sendConcurrently(site, () => post(path, fields, cookies))
    return {
      answers,
      effects: countEvents(site, user.id, proof.event),
      allowed: 1,
      exactly: { [`303 ${to}`]: 1, '410': CONCURRENCY - 1 },
      failures: [
        count(site, 'mails where user_id = ?', user.id) !== 1 && 'not exactly one mail',
        count(site, 'one_time_tokens where token_hash = ?', sha256(token)) !== 0 && 'the token still exists',
        countActive(site, user.id) !== 0 && 'a session is still active',
        await proof.check(site, user.id),
      ],
    }
  },
}))
