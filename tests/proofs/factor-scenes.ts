import type { ProofRequest } from './http'
import { addPasskeys, createPool, POOL_SIZE, roundRobin, turnOnTwoStep, verify, type Scene, type User } from './scenes'
import type { ProofSite } from './site'

const logIn = async (site: ProofSite, { email, password }: User) => {
  const browser = site.browser()
  await browser.post('/login', { email, password })
  return browser
}

/** Every browser gets the same options: whether an account has a passkey is asked nowhere. */
export async function passkeyOptionsScene(site: ProofSite, name: string): Promise<Scene> {
  const [without, withPasskey] = [await createPool(site), await addPasskeys(site, await createPool(site))]
  const jarsOf = (users: User[]) => Promise.all(users.map(async (user) => (await logIn(site, user)).jar))
  const knownDevice = (jar: Map<string, string>) => new Map([...jar].filter(([name]) => name === 'device'))
  const ask = (cookies: Map<string, string>) => ({ path: '/login/passkey', cookies, typed: [] })
  const [jarsWithout, jarsWith] = [await jarsOf(without), await jarsOf(withPasskey)]
  return {
    name,
    status: 200,
    groups: [
      { name: 'visitor', ask: () => ask(new Map()) },
      { name: 'known device, without a passkey', ask: roundRobin(jarsWithout.map(knownDevice), ask) },
      { name: 'known device, with a passkey', ask: roundRobin(jarsWith.map(knownDevice), ask) },
      { name: 'logged in, with a passkey', ask: roundRobin(jarsWith, ask) },
    ],
  }
}

/** A visitor who knows the password does not learn which second factors the account has. */
async function lostScene(site: ProofSite, name: string, method: ProofRequest['method'], status: number) {
  const withApp = async () => turnOnTwoStep(site, await verify(site, await createPool(site)))
  const pools = {
    'with an app': await withApp(),
    'with an app and a passkey': await addPasskeys(site, await withApp()),
  }
  const jars = new Map<string, Map<string, string>>()
  const ask = ({ id, email }: User) => ({
    method,
    path: '/login/second-step/lost',
    ...(method === 'POST' && { fields: {} }),
    cookies: jars.get(id),
    typed: [email],
  })
  return {
    name,
    status,
    groups: Object.entries(pools).map(([name, users]) => ({ name, ask: roundRobin(users, ask) })),
    /** The login waits for five minutes only. */
    async before(i: number) {
      if (i > 0 && i % POOL_SIZE !== 0) return
      for (const user of Object.values(pools).flat()) jars.set(user.id, (await logIn(site, user)).jar)
    },
  }
}

export const lostPageScene = (site: ProofSite, name: string): Promise<Scene> => lostScene(site, name, 'GET', 200)

export const lostRequestScene = (site: ProofSite, name: string): Promise<Scene> => lostScene(site, name, 'POST', 303)
