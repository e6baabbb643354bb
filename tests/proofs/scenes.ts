import { minutes } from '@/lib/duration'
import type { ProofRequest } from './http'
import type { Person, ProofSite } from './site'

/** `typed` is input that the response may repeat. */
export type TypedRequest = ProofRequest & { typed: string[] }

/** A series of equal requests for different accounts. `status` overrides the status of the scene. */
export type Group = { name: string; ask(i: number): TypedRequest; status?: number }

/** Groups whose responses must be indistinguishable, except for those in `byDesign`. */
export type Scene = {
  name: string
  /** May depend on the number of the request. */
  status: number | ((i: number) => number)
  groups: Group[]
  byDesign?: string[]
  /** Runs before the requests with this number. */
  before?(i: number): Promise<unknown>
}

export type NamedScene = { name: string; prepare(site: ProofSite, name: string): Promise<Scene> }

export type User = Person & { id: string }

export const POOL_SIZE = 20 // accounts of a group
const PASSWORD = 'correct horse battery'
const WRONG = 'wrong horse battery!!' // as long as the right password

export const createPool = (site: ProofSite) => Promise.all(Array.from({ length: POOL_SIZE }, () => site.createUser()))

async function deactivate(site: ProofSite, users: User[]) {
  for (const { id } of users) await site.send({ kind: 'deactivate', id })
  return users
}

async function schedule(site: ProofSite, users: User[]) {
  for (const { id } of users) await site.send({ kind: 'schedule-deletion', id })
  return users
}

export async function verify(site: ProofSite, users: User[]) {
  for (const { id } of users) await site.send({ kind: 'verify', id })
  return users
}

async function secure(site: ProofSite, users: User[]) {
  for (const { id } of users) await site.send({ kind: 'secure', id })
  return users
}

export async function addPasskeys(site: ProofSite, users: User[]) {
  for (const { id } of users) await site.send({ kind: 'passkey', id })
  return users
}

/** They log in with a passkey. */
async function removePasswords(site: ProofSite, users: User[]) {
  for (const { id } of users) await site.send({ kind: 'remove-password', id })
  return users
}

export async function turnOnTwoStep(site: ProofSite, users: User[]) {
  for (const { id } of users) await site.send({ kind: 'two-step', id })
  return users
}

export const roundRobin =
  <T>(list: T[], ask: (one: T) => TypedRequest) =>
  (i: number) => {
    const one = list[i % list.length]
    if (one === undefined) throw new Error('empty pool')
    return ask(one)
  }

/** Accounts that differ in how their users log in. */
async function createFactorPools(site: ProofSite) {
  const [twoStep, passkey, passwordless] = [
    await turnOnTwoStep(site, await createPool(site)),
    await addPasskeys(site, await createPool(site)),
    await removePasswords(site, await addPasskeys(site, await createPool(site))),
  ]
  return { 'with two-step verification': twoStep, 'with a passkey': passkey, 'without a password': passwordless }
}

const numbered = (name: string, number: number) => `${name}-${`${number}`.padStart(5, '0')}@example.test`

const login = (email: string, password: string): TypedRequest => ({
  method: 'POST',
  path: '/login',
  fields: { email, password },
  typed: [email],
})

const signup = (email: string): TypedRequest => ({
  method: 'POST',
  path: '/signup',
  fields: { email, name: 'Ann', password: PASSWORD },
  typed: [email],
})

/** A request of a reset does not know whether the address has an account: the mail job looks later. */
export async function forgotPasswordScene(site: ProofSite, name: string) {
  const unknown = Array.from({ length: POOL_SIZE }, (_, i) => numbered('person', 90_000 + i))
  const [known, deactivated] = [await createPool(site), await deactivate(site, await createPool(site))]
  const ask = (email: string): TypedRequest => ({
    method: 'POST',
    path: '/forgot-password',
    fields: { email },
    typed: [email],
  })
  const groups = [
    { name: 'unknown address', ask: roundRobin(unknown, ask) },
    { name: 'existing', ask: roundRobin(known, ({ email }) => ask(email)) },
    { name: 'deactivated', ask: roundRobin(deactivated, ({ email }) => ask(email)) },
    ...Object.entries(await createFactorPools(site)).map(([name, users]) => ({
      name,
      ask: roundRobin(users, ({ email }) => ask(email)),
    })),
  ]
  return { name, status: 303, groups }
}

/** Addresses as `EMAIL_VERIFICATION=required` must not distinguish them. */
async function createAddresses(site: ProofSite) {
  const [existing, deactivated, scheduled, holders] = [
    await createPool(site),
    await deactivate(site, await createPool(site)),
    await createPool(site),
    await createPool(site),
  ]
  await schedule(site, scheduled)
  const reserved = holders.map(({ id }, i) => ({ id, email: numbered('before', i) }))
  for (const { id, email } of reserved) await site.send({ kind: 'reserve', id, email })
  const pending = existing.map((_, i) => numbered('signed', i))
  for (const email of pending) await site.browser().post('/signup', { email, name: 'Ann', password: PASSWORD })
  const emailsOf = (users: { email: string }[]) => users.map(({ email }) => email)
  return {
    existing: emailsOf(existing),
    deactivated: emailsOf(deactivated),
    'scheduled for deletion': emailsOf(scheduled),
    reserved: emailsOf(reserved),
    'signed up before': pending,
  }
}

const createFactorAddresses = async (site: ProofSite) =>
  Object.fromEntries(
    Object.entries(await createFactorPools(site)).map(([name, users]) => [name, users.map(({ email }) => email)]),
  )

/** A sign-up whose address must be confirmed does not know whether it has an account. */
export async function confirmedSignupScene(site: ProofSite, name: string) {
  const addresses = { ...(await createAddresses(site)), ...(await createFactorAddresses(site)) }
  const groups = [
    { name: 'new', ask: (i: number) => signup(numbered('newone', i)) },
    ...Object.entries(addresses).map(([name, emails]) => ({ name, ask: roundRobin(emails, signup) })),
  ]
  return { name, status: 303, groups }
}

const ATTEMPTS = 6 // the code of a mail takes five

export const codeScene = (isDelivered: boolean) => (site: ProofSite, name: string) =>
  wrongCodeScene(site, isDelivered, { name, path: '/verify-email', open: signUpInBrowser })

/** A login by code does not know whether the address has an account. */
export const loginCodeScene = (isDelivered: boolean) => (site: ProofSite, name: string) =>
  wrongCodeScene(site, isDelivered, { name, path: '/login/code', open: askForLoginCode })

/** The form of a login by code. */
export async function sendLoginCodeScene(site: ProofSite, name: string): Promise<Scene> {
  const addresses = { unknown: newAddresses(), ...(await createAddresses(site)) }
  const groups = Object.entries(addresses).map(([name, emails]) => ({ name, ask: roundRobin(emails, sendLoginCode) }))
  return { name, status: 303, groups }
}

const sendLoginCode = (email: string): TypedRequest => ({
  method: 'POST',
  path: '/login/code/send',
  fields: { email },
  typed: [email],
})

const newAddresses = () => Array.from({ length: POOL_SIZE }, (_, i) => numbered('coding', i))

type CodePage = { name: string; path: string; open: (site: ProofSite, email: string) => Promise<Visitor> }

/** The first to the sixth wrong code. With `isDelivered`, the mails were sent before, so the fifth code is refused. */
async function wrongCodeScene(site: ProofSite, isDelivered: boolean, { name, path, open }: CodePage): Promise<Scene> {
  const addresses = { new: newAddresses(), ...(await createAddresses(site)) }
  const groups: Group[] = []
  for (const [group, emails] of Object.entries(addresses)) {
    const visitors = await Promise.all(emails.map((email) => open(site, email)))
    const ask = ({ email, cookies }: Visitor): TypedRequest => ({
      method: 'POST',
      path,
      fields: { code: '00000000' },
      cookies,
      typed: [email],
    })
    groups.push({ name: group, ask: roundRobin(visitors, ask) })
  }
  if (isDelivered) await waitForMails(site)
  return {
    name,
    status: (i) => (isDelivered && i % ATTEMPTS >= 4 ? 410 : 422),
    groups,
    before: (i) => site.send({ kind: 'attempts', count: Math.min(i % ATTEMPTS, 5) }),
  }
}

type Visitor = { email: string; cookies: Map<string, string> }

async function signUpInBrowser(site: ProofSite, email: string): Promise<Visitor> {
  const browser = site.browser()
  await browser.post('/signup', { email, name: 'Ann', password: PASSWORD })
  return { email, cookies: browser.jar }
}

async function askForLoginCode(site: ProofSite, email: string): Promise<Visitor> {
  const browser = site.browser()
  await browser.post('/login/code/send', { email })
  return { email, cookies: browser.jar }
}

/** A user with a confirmed address, who is logged in. */
async function createRequester(site: ProofSite) {
  const { id, email, password } = await site.createUser()
  await site.send({ kind: 'verify', id })
  const browser = site.browser()
  await browser.post('/login', { email, password })
  await browser.get('/probe') // consumes the flash message
  return { own: email, browser }
}

/** New addresses of a change, and whether another account has them. */
async function createNewAddresses(site: ProofSite) {
  const { existing, deactivated, reserved } = await createAddresses(site)
  const free = existing.map((_, i) => numbered('unused', i))
  return { free, existing, deactivated, reserved }
}

const changeEmail = (email: string, cookies: Map<string, string>): TypedRequest => ({
  method: 'POST',
  path: '/settings/email',
  fields: { email },
  cookies,
  typed: [email],
})

/** A change of address does not know whether another account has the new one. */
export async function changeEmailScene(site: ProofSite, name: string): Promise<Scene> {
  const groups: Group[] = []
  for (const [group, emails] of Object.entries(await createNewAddresses(site))) {
    const requesters = await Promise.all(
      emails.map(async (email) => ({ email, cookies: (await createRequester(site)).browser.jar })),
    )
    groups.push({ name: group, ask: roundRobin(requesters, ({ email, cookies }) => changeEmail(email, cookies)) })
  }
  return { name, status: 303, groups }
}

/** A wrong code for the new address costs the same, also if the mail had none. */
export const changeCodeScene =
  (isDelivered: boolean) =>
  async (site: ProofSite, name: string): Promise<Scene> => {
    const groups: Group[] = []
    for (const [group, emails] of Object.entries(await createNewAddresses(site))) {
      const requesters = await Promise.all(
        emails.map(async (email) => {
          const { own, browser } = await createRequester(site)
          await browser.post('/settings/email', { email })
          await browser.get('/probe')
          return { email, own, cookies: browser.jar }
        }),
      )
      const ask = ({ email, own, cookies }: Visitor & { own: string }): TypedRequest => ({
        method: 'POST',
        path: '/settings/email/code',
        fields: { code: '00000000' },
        cookies,
        typed: [email, own],
      })
      groups.push({ name: group, ask: roundRobin(requesters, ask) })
    }
    if (isDelivered) await waitForMails(site)
    return { name, status: 422, groups, before: () => site.send({ kind: 'attempts', count: 0 }) }
  }

async function waitForMails(site: ProofSite) {
  while (Number((await site.find('select count(*) from mails where sent_at is null'))[0]) > 0) await Bun.sleep(100)
}

export async function loginScene(site: ProofSite, name: string) {
  const unknown = Array.from({ length: POOL_SIZE }, (_, i) => numbered('person', 90_000 + i))
  const [known, known2, deactivated, secured, scheduled] = [
    await createPool(site),
    await createPool(site),
    await deactivate(site, await createPool(site)),
    await secure(site, await createPool(site)),
    await schedule(site, await createPool(site)),
  ]
  const factorPools = await createFactorPools(site)
  const groups = [
    { name: 'unknown address', ask: roundRobin(unknown, (email) => login(email, WRONG)) },
    { name: 'wrong password', ask: roundRobin(known, ({ email }) => login(email, WRONG)) },
    {
      name: 'deactivated, right password',
      ask: roundRobin(deactivated, ({ email, password }) => login(email, password)),
    },
    { name: 'secured, right password', ask: roundRobin(secured, ({ email, password }) => login(email, password)) },
    { name: 'scheduled, wrong password', ask: roundRobin(scheduled, ({ email }) => login(email, WRONG)) },
    ...Object.entries(factorPools).map(([name, users]) => ({
      name,
      ask: roundRobin(users, ({ email }) => login(email, WRONG)),
    })),
  ]
  const right = { name: 'right password', ask: roundRobin(known2, ({ email, password }) => login(email, password)) }
  const wrong = [
    ...unknown,
    ...[known, known2, deactivated, secured, scheduled, ...Object.values(factorPools)].flat().map(({ email }) => email),
  ]
  return { name, status: 422, groups, right, wrong: wrong.map((email) => login(email, WRONG)) }
}

/** With `EMAIL_VERIFICATION=required`, a wrong password does not tell which accounts must confirm their address. */
export async function unverifiedLoginScene(site: ProofSite, name: string) {
  const unknown = Array.from({ length: POOL_SIZE }, (_, i) => numbered('person', 90_000 + i))
  const [unverified, verified, scheduled, secured] = [
    await createPool(site),
    await verify(site, await createPool(site)),
    await schedule(site, await createPool(site)),
    await secure(site, await createPool(site)),
  ]
  const groups = [
    { name: 'unknown address', ask: roundRobin(unknown, (email) => login(email, WRONG)) },
    ...Object.entries({ unverified, verified, scheduled, secured }).map(([name, users]) => ({
      name,
      ask: roundRobin(users, ({ email }) => login(email, WRONG)),
    })),
  ]
  return { name, status: 422, groups }
}

/** With the cookie of an expired session: the response does not reveal a later deactivation. */
export async function reloginScene(site: ProofSite, name: string) {
  const [active, active2, deactivated] = [await createPool(site), await createPool(site), await createPool(site)]
  const all = [...active, ...active2, ...deactivated]
  const jars = new Map<string, Map<string, string>>()
  for (const { id, email, password } of all) {
    const browser = site.browser()
    await browser.post('/login', { email, password })
    await browser.get('/probe')
    jars.set(id, browser.jar)
  }
  await site.advance(minutes(5))
  await deactivate(site, deactivated)
  const relogin = ({ id, email }: User, password: string): TypedRequest => ({
    method: 'POST',
    path: '/relogin',
    fields: { password },
    cookies: jars.get(id),
    typed: [email],
  })
  const groups = [
    { name: 'wrong password', ask: roundRobin(active, (user) => relogin(user, WRONG)) },
    { name: 'deactivated, right password', ask: roundRobin(deactivated, (user) => relogin(user, user.password)) },
  ]
  const right = { name: 'right password', ask: roundRobin(active2, (user) => relogin(user, user.password)) }
  return { name, status: 422, groups, right, wrong: all.map((user) => relogin(user, WRONG)) }
}

export async function signupScene(site: ProofSite, name: string) {
  const [known, deactivated] = [await createPool(site), await deactivate(site, await createPool(site))]
  const factorGroups = Object.entries(await createFactorPools(site)).map(([name, users]) => ({
    name,
    ask: roundRobin(users, ({ email }) => signup(email)),
  }))
  return {
    name,
    status: 422,
    groups: [
      { name: 'existing', ask: roundRobin(known, ({ email }) => signup(email)) },
      { name: 'existing, in another case', ask: roundRobin(known, ({ email }) => signup(email.toUpperCase())) },
      { name: 'deactivated', ask: roundRobin(deactivated, ({ email }) => signup(email)) },
      ...factorGroups,
      { name: 'new', status: 303, ask: (i: number) => signup(numbered('newone', i)) },
    ],
    // The page shows "Email address already exists": without mail there is no other way.
    byDesign: ['new'],
    wrong: known.map(({ email }) => signup(email)),
  }
}
