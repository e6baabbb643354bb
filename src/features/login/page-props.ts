import { isMailOn } from '@/model/mails/request-mail'
import type { Context } from '@/http/types'

const HELP_PATH = '/forgot-password'
const CODE_PATH = '/login/code'

export type LoginPageContext = Pick<Context, 'deps' | 'signupUrl' | 'withNext'> & { next?: string }

export const loginPageProps = ({ deps, next, signupUrl, withNext }: LoginPageContext) => ({
  next,
  helpUrl: withNext(HELP_PATH),
  codeUrl: deps.config.emailLogin ? withNext(CODE_PATH) : undefined,
  signupUrl: signupUrl(),
  canReset: isMailOn(deps),
})
