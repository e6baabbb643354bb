import { connect } from './http'
import { loginScene, reloginScene, signupScene, type NamedScene, type TypedRequest, type Scene } from './scenes'
import type { ProofSite } from './site'

const MAX_ATTEMPTS = 50

/** Sends each request until the response is 429. */
async function reachLimits(site: ProofSite, requests: TypedRequest[]) {
  const connection = await connect(site.port)
  for (const { typed, ...request } of requests)
    for (let attempts = 0; (await connection.ask(request)).status !== 429; attempts++)
      if (attempts > MAX_ATTEMPTS) throw new Error(`${request.path} has no limit for ${typed.join()}`)
  connection.end()
}

const limited =
  (unlimited: typeof loginScene | typeof reloginScene) =>
  async (site: ProofSite, name: string): Promise<Scene> => {
    const scene = await unlimited(site, name)
    await reachLimits(site, scene.wrong)
    return { ...scene, status: 429, groups: [...scene.groups, scene.right] }
  }

async function limitedSignup(site: ProofSite, name: string): Promise<Scene> {
  const scene = await signupScene(site, name)
  await reachLimits(site, scene.wrong)
  const groups = scene.groups.map(({ name, ask }) => ({ name, ask }))
  return { ...scene, status: 429, groups, byDesign: [] }
}

/** Over the limits, a response reveals neither an account nor a right password. */
export const limitedScenes: NamedScene[] = [
  { name: 'login, limited', prepare: limited(loginScene) },
  { name: 're-login, limited', prepare: limited(reloginScene) },
  { name: 'sign-up, limited', prepare: limitedSignup },
]
