import { userLocks } from '@/deps/locks'
import { inTransaction } from '@/deps/transaction'
import type { Amr } from '@/model/factors/assurance'
import { findUserByEmail } from '@/model/users/user-list'
import { startSeries } from '@/model/sessions/remember-series'
import { startSession } from '@/model/sessions/sessions'
import type { Auth } from '@/http/types/auth'
import type { Browser } from './browser'

export type Wanted = {
  fresh?: boolean
  remembered?: boolean
  /** How the user authenticated: by default with the password. */
  amr?: Amr
}

/** Logs a user in without a form: writes the same session rows as a login. */
export async function logInAs(
  { deps, cookies: { names }, fingerprint, rememberFor }: Auth,
  browser: Browser,
  person: { email: string },
  { fresh = true, remembered = false, amr = ['password'] }: Wanted = {},
) {
  const user = await findUserByEmail(deps, person.email)
  if (!user) throw new Error(`${person.email} is not a user`)
  const asked = new Request(deps.config.appUrl, { headers: { 'user-agent': browser.userAgent } })
  const client = { fingerprint: fingerprint(asked), userAgent: browser.userAgent, ip: '' }
  await inTransaction(
    deps,
    async (deps) => {
      const started = await startSession(deps, user, client, {
        origin: amr.includes('passkey') ? 'passkey' : 'password',
        amr,
        isFresh: fresh,
      })
      if (!started) throw new Error(`${person.email} may not log in`)
      browser.keep(names.session, started.token)
      if (!remembered) return
      const { value } = await startSeries(deps, started.session, rememberFor)
      browser.keep(names.remember, value, true)
    },
    { locks: userLocks(user) },
  )
  return browser
}
