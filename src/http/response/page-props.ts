import type { Session } from '@/model/types'
import type { View } from '@/ui/html'
import { withReturnPath } from '@/http/request/path'
import { stateOf } from '@/http/request/request-state'
import type { Auth } from '@/http/types/auth'
import { sessionTimeoutProps } from './session-clock'

/** Screen readers announce the title first, so it says that a form has an error. */
export const pageHead = ({ title, body, isFocused, menuTexts }: View, status: number) => ({
  title: status === 422 || status === 429 ? `Error: ${title}` : title,
  body,
  isFocused,
  menuTexts,
})

/** The links of the menu keep the page that the user wants to reach. */
export function loginLinks(auth: Auth, request: Request) {
  const { path, next } = stateOf(request)
  const withNext = (to: string) => (next === undefined ? to : withReturnPath(to, next))
  return {
    loginPath: withNext(auth.loginPathsFor(path).loginPath ?? '/login'),
    signupPath: auth.deps.config.isSignupOpen ? withNext('/signup') : undefined,
  }
}

export function sessionTimeoutOf(auth: Auth, path: string, session: Session | undefined) {
  const { reloginPath } = auth.loginPathsFor(path)
  return session && reloginPath !== null ? sessionTimeoutProps(auth.deps, session, reloginPath) : undefined
}
