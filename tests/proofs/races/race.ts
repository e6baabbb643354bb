import type { Browser } from '../../support/browser'
import type { Answer, Asked, Connection } from '../http'
import type { Person, ProofSite } from '../site'

/** What came of one round. */
export type Outcome = {
  answers: Answer[]
  /** How often it happened, as the database file has it, and how often it may. */
  effects: number
  wanted: number
  /** How many of the answers must be which, and what all others may be: a status and where it leads. */
  exactly?: Record<string, number>
  others?: string[]
  /** What else must be so, as sentences that say what is not. */
  flaws?: (string | false)[]
}

export type Race = { name: string; round(site: ProofSite): Promise<Outcome> }

export const AT_ONCE = 20
const HALF = AT_ONCE / 2

const ask = (connections: Connection[], request: (i: number) => Asked) =>
  connections.map((connection, i) => connection.ask(request(i)))

/** So many requests at once, each over a connection of its own. */
export async function volley(site: ProofSite, request: (i: number) => Asked) {
  const connections = await site.open(AT_ONCE)
  const answers = await Promise.all(ask(connections, request))
  for (const connection of connections) connection.end()
  return answers
}

type When = 'among them' | 'after the first'

/**
 * One request among so many others, or once the first of them is answered; and when that one is answered as many again, on
 * connections that are open already. All answers, and those of the late ones alone.
 */
export async function volleyAround(
  site: ProofSite,
  decisive: Asked,
  request: (i: number) => Asked,
  when: When = 'among them',
) {
  const open = await site.open(2 * AT_ONCE)
  const [before, own, behind] = [open.slice(0, HALF), open.slice(HALF, HALF + 1), open.slice(HALF + 1, AT_ONCE)]
  const first = ask(before, request)
  if (when === 'after the first') await Promise.race(first)
  const decision = ask(own, () => decisive)
  const others = ask(behind, request)
  await Promise.all(decision)
  const after = await Promise.all(ask(open.slice(AT_ONCE), request))
  const answers = await Promise.all([...first, ...decision, ...others])
  for (const connection of open) connection.end()
  return { answers: [...answers, ...after], after }
}

type Cookies = Map<string, string>

/** With a copy of the cookies: what comes meanwhile does not change what was sent. */
export const post = (path: string, fields: Record<string, string>, cookies?: Cookies): Asked => ({
  method: 'POST',
  path,
  fields,
  cookies: new Map(cookies),
})

export const get = (path: string, cookies: Cookies): Asked => ({ path, cookies: new Map(cookies) })

export async function logIn(site: ProofSite, { email, password }: Person, isRemembered = false): Promise<Browser> {
  const browser = site.browser()
  await browser.post('/login', { email, password, ...(isRemembered ? { remember: 'yes' } : {}) })
  await browser.get('/probe') // where the word of welcome is read
  if (!browser.jar.has('session')) throw new Error(`${email} could not log in`)
  return browser
}

/** A new user, logged in. */
export async function somebody(
  site: ProofSite,
  { role, isRemembered }: { role?: 'support' | 'admin'; isRemembered?: boolean } = {},
) {
  const user = await site.makeUser(role)
  return { user, browser: await logIn(site, user, isRemembered) }
}

/** How many rows of this kind are in the database file. */
export const count = (site: ProofSite, what: string, ...values: string[]) =>
  Number(site.find(`select count(*) from ${what}`, ...values)[0])

export const countEvents = (site: ProofSite, userId: string, kind: string) =>
  count(site, 'security_events where user_id = ? and kind = ?', userId, kind)

export const countLive = (site: ProofSite, userId: string) =>
  count(site, 'sessions where user_id = ? and ended_at is null', userId)
