import type { Browser } from './browser'
import { ann } from './people'
import { annWithApp } from './second-factors'

export const SECOND_STEP = '/login/second-step'
export const WRONG_CODE = '000000'

type Fields = Record<string, string>

/** The right password: the login of this browser waits for its second step. */
export const enterPassword = (browser: Browser, fields: Fields = {}) => browser.post('/login', { ...ann, ...fields })

export const isLoggedIn = async (browser: Browser) => (await browser.copy().get('/probe')).html.includes('Ann')

/** Ann has two-step verification. `anns` has typed the password. */
export async function annPending(env?: Fields) {
  const site = await annWithApp(env)
  const anns = site.browser()
  await enterPassword(anns)
  const send = (fields: Fields = { code: site.app.code() }) => anns.post(SECOND_STEP, fields)
  return { ...site, anns, send }
}

/** A login with both factors. The clock moves to the next code, so that each login has a code of its own. */
export async function logInWithCode(
  site: Pick<Awaited<ReturnType<typeof annWithApp>>, 'app' | 'advance'>,
  browser: Browser,
  fields: Fields = {},
) {
  await enterPassword(browser)
  const answer = await browser.post(SECOND_STEP, { code: site.app.code(), ...fields })
  site.advance(60_000)
  return answer
}
