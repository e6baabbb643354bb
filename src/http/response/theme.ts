import { days, seconds } from '@/lib/duration'
import type { Cookies } from '@/http/types/cookies'
import type { Theme } from '@/ui/theme'

const THEME_LIFETIME = days(365)

/** Unknown text means `system`. */
const parseTheme = (text: string | undefined): Theme => (text === 'light' || text === 'dark' ? text : 'system')

export const readTheme = (cookies: Cookies | undefined) => parseTheme(cookies?.get('theme'))

/** Without a cookie the site follows the device. */
export function saveTheme(cookies: Cookies, text: string) {
  const theme = parseTheme(text)
  if (theme === 'system') cookies.clear('theme')
  else cookies.set('theme', theme, THEME_LIFETIME / seconds(1))
}
