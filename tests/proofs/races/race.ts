import { minutes } from '@/lib/duration'
import type { Browser } from '../../support/browser'
import type { Answer, Connection, ProofRequest } from '../http'
import type { Person, ProofSite } from '../site'

export type Outcome = {
  answers: Answer[]
  /** Whether the database was too busy for the decisive request, so that the others prove nothing. */
  isUndecided?: boolean
  /** How often the operation happened, and how often it may happen. */
  effects: number
  allowed: number
  /** The required number of responses by outcome, and the outcomes that all other responses may have. */
  exactly?: Record<string, number>
  others?: string[]
  /** Messages of further checks that failed. */
  failures?: (string | false)[]
}

export type Race = { name: string; round(site: ProofSite): Promise<Outcome> }

/** The status of a request that waited too long for the database. It has no effect. */
export const BUSY = 503

export const CONCURRENCY = 20
const HALF = CONCURRENCY / 2

const sendEach = (connections: Connection[], request: (i: number) => ProofRequest) =>
  connections.map((connection, i) => connection.ask(request(i)))

/** Sends `CONCURRENCY` requests at once, each over its own connection. */
export async function sendConcurrently(site: ProofSite, request: (i: number) => ProofRequest) {
  const connections = await site.open(CONCURRENCY)
  const answers = await Promise.all(sendEach(connections, request))
  for (const connection of connections) connection.end()
  return answers
}

/** An IP for each request, so that no limit of one source protects the account. */
export const fromOwnSource = (request: ProofRequest, i: number) => ({ ...request, source: `198.51.100.${i}` })

type When = 'among them' | 'after the first'

/**
 * Sends a decisive request among the others or after the first response, and as many requests again after its response.
 * `after` has the responses to the latter. `sent` belongs in the outcome.
 */
export async function sendAround(
  site: ProofSite,
  decisive: ProofRequest,
  request: (i: number) => ProofRequest,
  when: When = 'among them',
) {
  const open = await site.open(2 * CONCURRENCY)
  const [before, own, behind] = [open.slice(0, HALF), open.slice(HALF, HALF + 1), open.slice(HALF + 1, CONCURRENCY)]
  const first = sendEach(before, request)
  if (when === 'after the first') await Promise.race(first)
  const decision = sendEach(own, () => decisive)
  const others = sendEach(behind, request)
  const [decided] = await Promise.all(decision)
  const after = await Promise.all(sendEach(open.slice(CONCURRENCY), request))
  const answers = await Promise.all([...first, ...decision, ...others])
  for (const connection of open) connection.end()
  return { sent: { answers: [...answers, ...after], isUndecided: decided?.status === BUSY }, after }
}

type Cookies = Map<string, string>

/** Copies the cookies, because a later response may change them. */
export const post = (path: string, fields: Record<string, string>, cookies?: Cookies): ProofRequest => ({
  method: 'POST',
  path,
  fields,
  cookies: new Map(cookies),
})

export const get = (path: string, cookies: Cookies): ProofRequest => ({ path, cookies: new Map(cookies) })

export async function logIn(site: ProofSite, { email, password }: Person, isRemembered = false): Promise<Browser> {
  const browser = site.browser()
  await browser.post('/login', { email, password, ...(isRemembered ? { remember: 'yes' } : {}) })
  await browser.get('/probe') // consumes the flash message
  if (!browser.jar.has('session')) throw new Error(`login of ${email} failed`)
  return browser
}

export async function loggedInUser(
  site: ProofSite,
  { role, isRemembered }: { role?: 'support' | 'admin'; isRemembered?: boolean } = {},
) {
  const user = await site.createUser(role)
  return { user, browser: await logIn(site, user, isRemembered) }
}

/** The session stays active, but is no longer fresh. */
export async function makeStale(site: ProofSite, ...browsers: Browser[]) {
  await site.advance(minutes(4))
  for (const browser of browsers) await browser.get('/probe')
  await site.advance(minutes(4))
}

/** `from` is a table with an optional join and condition. */
export const count = async (site: ProofSite, from: string, ...values: string[]) =>
  Number((await site.find(`select count(*) from ${from}`, ...values))[0])

export const countEvents = (site: ProofSite, userId: string, kind: string) =>
  count(site, 'security_events where user_id = ? and kind = ?', userId, kind)

export const countActive = (site: ProofSite, userId: string) =>
  count(site, 'sessions where user_id = ? and ended_at is null', userId)
