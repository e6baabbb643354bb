import { connect } from './http'
import { loginScene, reloginScene, signupScene, type TypedRequest, type Scene } from './scenes'
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

/** Over the limits, a response reveals neither an account nor a right password. */
export const limitedScenes = [
  async (site: ProofSite): Promise<Scene> => {
    const scene = await loginScene(site, 'login, limited')
    await reachLimits(site, scene.wrong)
    return { ...scene, status: 429, groups: [...scene.groups, scene.right] }
  },
  async (site: ProofSite): Promise<Scene> => {
    const scene = await reloginScene(site, 're-login, limited')
    await reachLimits(site, scene.wrong)
    return { ...scene, status: 429, groups: [...scene.groups, scene.right] }
  },
  async (site: ProofSite): Promise<Scene> => {
    const scene = await signupScene(site, 'sign-up, limited')
    await reachLimits(site, scene.wrong)
    const groups = scene.groups.map(({ name, ask }) => ({ name, ask }))
    return { ...scene, status: 429, groups, byDesign: [] }
  },
]
