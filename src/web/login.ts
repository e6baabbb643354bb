import { inTransaction, type Deps } from '@/deps'
import { findLifetime, findSeriesId, startSeries } from '@/model/remember-tokens'
import { issueDeviceToken } from '@/model/known-devices'
import { endSeries, endSession, endSessionOfToken } from '@/model/session-ends'
import { renewSession } from '@/model/session-renewal'
import { isKnownDevice, recordEvent } from '@/model/security-events'
import type { Client } from '@/model/clients'
import { startSession, type Session, type Visit } from '@/model/sessions'
import type { User } from '@/model/users'
import type { Auth } from './auth'
import { dropDrafts } from './drafts'
import { keepDeviceToken, keepRememberToken } from './kept-tokens'
import type { ConfirmOptions, Cookies, LoginActions, LoginOptions } from './types'
import { isRememberDuration } from './validate-options'

/** What a handler calls to let somebody in, to let them in again, and to let them out. */
export function createLogin(
  auth: Auth,
  client: Client,
  received: Cookies | undefined,
  visit: Visit | undefined,
): LoginActions {
  const { deps } = auth
  let present = visit?.kind === 'live' ? visit.session : undefined

  function openJar() {
    if (!received) throw new Error('a request with an API token has no session to begin, to confirm or to end')
    return received
  }

  /** Ends what this browser came with, so that no copy of its cookies outlives it. */
  async function leave(deps: Deps, cookies: Cookies) {
    if (present) await endSession(deps, present, 'logout')
    if (present?.series_id) await endSeries(deps, present.series_id, 'logout')
    await forget(deps, cookies)
  }

  async function forget(deps: Deps, cookies: Cookies) {
    const cookie = cookies.find('remember')
    if (!cookie) return
    const series = findSeriesId(cookie)
    if (series) await endSeries(deps, series, 'logout')
    cookies.clear('remember')
  }

  /** To the app's own way to find users, which has the last word. */
  const isKnown = async (user: User) => !auth.findUser || (await auth.findUser(user)) !== undefined

  /** For as long as the login said that this session began with. */
  const rememberAnew = async (deps: Deps, session: Session) =>
    startSeries(deps, session, (await findLifetime(deps, session)) ?? auth.rememberFor)

  /** No device comes back into an account that is shut, so none is told to. */
  const isRememberable = ({ forced_at }: Session) => forced_at === null

  return {
    async logIn(user: User, { remember = false, duration = auth.rememberFor, fresh = true, force }: LoginOptions = {}) {
      const cookies = openJar()
      if (!isRememberDuration(duration))
        throw new RangeError(`no device can be remembered for ${duration} milliseconds`)
      if (!(await isKnown(user))) {
        deps.tell({ kind: 'login-failed', reason: 'unknown-user', userId: user.id })
        return false
      }
      const begin = async (deps: Deps) => {
        const begun = await startSession(deps, user, client, { born: 'password', isFresh: fresh, isForced: force })
        if (!begun) return undefined
        await leave(deps, cookies)
        await dropDrafts(deps, cookies, user)
        const of = { userId: user.id, sessionId: begun.session.id }
        const isKnown = await isKnownDevice(deps, user.id, client.userAgent)
        const remembered = remember && isRememberable(begun.session)
        await recordEvent(deps, { kind: 'logged-in', ...of, remembered }, client)
        if (!isKnown) await recordEvent(deps, { kind: 'new-device', ...of }, client)
        const deviceToken = fresh && (await issueDeviceToken(deps, user, client.deviceToken))
        return {
          ...begun,
          deviceToken,
          rememberToken: remembered && (await startSeries(deps, begun.session, duration)),
        }
      }
      const started = await inTransaction(deps, begin, { isLasting: false }) // one that a power cut undoes is done again
      if (!started) return false
      present = started.session
      cookies.set('session', started.token)
      if (started.deviceToken) keepDeviceToken(cookies, started.deviceToken)
      if (started.rememberToken) keepRememberToken(deps, cookies, started.rememberToken)
      return true
    },
    async confirmLogin({ along, remember }: ConfirmOptions = {}) {
      const cookies = openJar()
      if (visit?.kind === 'ended' && !(await isKnown(visit.user))) return false // of who is still here the guard asked
      const renewed = await inTransaction(deps, async (deps) => {
        const renewal = visit && (await renewSession(deps, visit, client))
        if (!renewal) return undefined
        await along?.(deps)
        const of = { userId: renewal.session.user_id, sessionId: renewal.session.id }
        await recordEvent(deps, { kind: 'login-confirmed', ...of }, client)
        const remembered = remember && isRememberable(renewal.session)
        const deviceToken = await issueDeviceToken(deps, { id: of.userId }, client.deviceToken)
        return { ...renewal, deviceToken, rememberToken: remembered && (await rememberAnew(deps, renewal.session)) }
      })
      if (!renewed) return false
      cookies.set('session', renewed.token)
      keepDeviceToken(cookies, renewed.deviceToken)
      if (renewed.rememberToken) keepRememberToken(deps, cookies, renewed.rememberToken)
      return true
    },
    async logOut() {
      const cookies = openJar()
      const token = cookies.find('session')
      await inTransaction(deps, async (deps) => {
        const left = token ? await endSessionOfToken(deps, token) : undefined
        if (left?.series_id) await endSeries(deps, left.series_id, 'logout')
        await forget(deps, cookies)
        await dropDrafts(deps, cookies)
        if (!left || left.hadEnded) return
        await recordEvent(deps, { kind: 'logged-out', userId: left.user_id, sessionId: left.id }, client)
      })
      cookies.clear('session')
    },
  }
}
