import { connect } from './http'
import { loginScene, reloginScene, signupScene, type Question, type Scene } from './scenes'
import type { ProofSite } from './site'

const MOST_TRIES = 50 // until there is a wait, or there is none

/** Asks until it is one time too many. */
async function exhaust(site: ProofSite, questions: Question[]) {
  const connection = await connect(site.port)
  for (const { typed, ...asked } of questions)
    for (let tries = 0; (await connection.ask(asked)).status !== 429; tries++)
      if (tries > MOST_TRIES) throw new Error(`${asked.path} has no limit for ${typed.join()}`)
  connection.end()
}

/** Too many tries were made at each of the addresses: nobody learns which of them are somebody's, nor a right password. */
export const lockedScenes = [
  async (site: ProofSite): Promise<Scene> => {
    const scene = await loginScene(site, 'login, locked')
    await exhaust(site, scene.wrong)
    return { ...scene, status: 429, groups: [...scene.groups, scene.right] }
  },
  async (site: ProofSite): Promise<Scene> => {
    const scene = await reloginScene(site, 're-login, locked')
    await exhaust(site, scene.wrong)
    return { ...scene, status: 429, groups: [...scene.groups, scene.right] }
  },
  async (site: ProofSite): Promise<Scene> => {
    const scene = await signupScene(site, 'sign-up, too often')
    await exhaust(site, scene.wrong)
    const groups = scene.groups.map(({ name, ask }) => ({ name, ask }))
    return { ...scene, status: 429, groups, byDesign: [] }
  },
]
