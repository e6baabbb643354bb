import { isMailOn } from '@/model/mails/request-mail'
import { passkeyPlace } from '@/http/auth/passkey-place'
import type { Context } from '@/http/types/context'

const HELP_PATH = '/forgot-password'
const CODE_PATH = '/login/code'
const PASSKEY_PATH = '/login/passkey'

export type LoginPageContext = Pick<Context, 'deps' | 'request' | 'signupUrl' | 'withNext'> & { next?: string }

export const loginPageProps = ({ deps, request, next, signupUrl, withNext }: LoginPageContext) => ({
  next,
  passkeys: passkeysOn(deps, request),
  helpUrl: withNext(HELP_PATH),
  codeUrl: deps.config.emailLogin ? withNext(CODE_PATH) : undefined,
  signupUrl: signupUrl(),
  canReset: isMailOn(deps),
})

function passkeysOn(deps: Context['deps'], request: Request) {
  const place = passkeyPlace({ deps, request })
  if (place === 'nowhere') return undefined
  return place === 'here' ? { optionsPath: PASSKEY_PATH } : { url: deps.config.appUrl }
}
