import { inTransaction, type Deps } from '@/deps'
import { endSeries, findSeriesId, startSeries, type RememberToken } from '@/model/remember-tokens'
import { renewSession } from '@/model/session-renewal'
import { endSessionOfToken } from '@/model/session-ends'
import { endSession, startSession, type Client, type Visit } from '@/model/sessions'
import type { User } from '@/model/users'
import type { Cookies } from './cookies'

/** Gives the browser the series' newest secret, for as long as the series lives. */
export const keepRememberToken = ({ now }: Deps, cookies: Cookies, { value, expiresAt }: RememberToken) =>
  cookies.set('remember', value, Math.ceil((expiresAt - now()) / 1000))

/** What a handler calls to let somebody in, to let them in again, and to let them out. */
export function createLogin(deps: Deps, cookies: Cookies, client: Client, visit: Visit | undefined) {
  /** Ends the series that this browser came with, so that no copy of its cookie outlives it. */
  async function forget() {
    const cookie = cookies.find('remember')
    if (!cookie) return
    const series = findSeriesId(cookie)
    if (series) await endSeries(deps, series, 'logout')
    cookies.clear('remember')
  }

  return {
    /** Starts a session in this browser. False where the account was closed or its password changed in this very moment. */
    async logIn(user: User, options: { remember: boolean }) {
      const started = await inTransaction(deps, async (deps) => {
        const session = await startSession(deps, user, client, { born: 'password' })
        return session && { ...session, rememberToken: options.remember && (await startSeries(deps, session.session)) }
      })
      if (!started) return false
      await forget()
      if (visit?.kind === 'live') await endSession(deps, visit.session, 'logout')
      cookies.set('session', started.token)
      if (started.rememberToken) keepRememberToken(deps, cookies, started.rememberToken)
      return true
    },
    /**
     * The password was typed again: the session is fresh and gets a new token. What is to happen only `along` with that
     * happens in the same transaction; after it the device can be remembered anew. False, and nothing happened, where a
     * logout came first, the password was changed meanwhile, or another tab did this already.
     */
    async confirmLogin({ along, remember }: { along?: (deps: Deps) => Promise<unknown>; remember?: boolean } = {}) {
      const renewed = await inTransaction(deps, async (deps) => {
        const token = visit && (await renewSession(deps, visit, client))
        if (!token) return undefined
        await along?.(deps)
        return { token, rememberToken: remember && (await startSeries(deps, visit.session)) }
      })
      if (!renewed) return false
      cookies.set('session', renewed.token)
      if (renewed.rememberToken) keepRememberToken(deps, cookies, renewed.rememberToken)
      return true
    },
    /** Ends the session and the remember series. Does no harm where there is neither, nor twice. */
    async logOut() {
      const token = cookies.find('session')
      const ended = token && (await endSessionOfToken(deps, token))
      if (ended && ended.series_id) await endSeries(deps, ended.series_id, 'logout')
      await forget()
      cookies.clear('session')
    },
  }
}
