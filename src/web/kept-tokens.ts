import type { Deps } from '@/deps'
import { seconds } from '@/lib/durations'
import { KNOWN_FOR } from '@/model/known-devices'
import type { RememberToken } from '@/model/remember-tokens'
import type { Cookies } from './types'

/** Gives the browser the series' newest secret, for as long as the series lives. */
export const keepRememberToken = ({ now }: Deps, cookies: Cookies, { value, expiresAt }: RememberToken) =>
  cookies.set('remember', value, Math.ceil((expiresAt - now()) / 1000))

/** What strangers do to the account does not shut this browser out, from now on. */
export const keepDeviceToken = (cookies: Cookies, token: string) => cookies.set('device', token, KNOWN_FOR / seconds(1))
