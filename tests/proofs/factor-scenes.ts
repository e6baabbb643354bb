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
  const browsers = new Map(Object.values(pools).flatMap((pool) => pool.map(({ id }) => [id, site.browser()])))
  const ask = ({ id, email }: User) => ({
    method,
    path: '/login/second-step/lost',
    ...(method === 'POST' && { fields: {} }),
    cookies: browsers.get(id)?.jar,
    typed: [email],
  })
  return {
    name,
    status,
    groups: Object.entries(pools).map(([name, users]) => ({ name, ask: roundRobin(users, ask) })),
    /** A login waits for five minutes only, so it begins again. */
    async before(i: number) {
      for (const pool of Object.values(pools)) {
        const { id, email, password } = pool[i % POOL_SIZE] ?? { id: '', email: '', password: '' }
        await browsers.get(id)?.post('/login', { email, password })
      }
    },
  }
}

export const lostPageScene = (site: ProofSite, name: string): Promise<Scene> => lostScene(site, name, 'GET', 200)

export const lostRequestScene = (site: ProofSite, name: string): Promise<Scene> => lostScene(site, name, 'POST', 303)
