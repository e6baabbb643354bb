import { cookiesIn } from '@/http/request/cookies'
import { readFlow } from '@/http/response/flow-cookie'
import type { Context } from '@/http/types/context'
import { LoginCodePage } from './views'

export const PATH = '/login/code'

export type PageContext = Pick<Context, 'deps' | 'request' | 'internal' | 'reply' | 'loginUrl'> & { next?: string }

type Errors = Omit<Parameters<typeof LoginCodePage>[0], 'isSent' | 'next' | 'loginUrl'>

/** Asks for the code in a browser that asked for the mail, and for the address in any other. */
export function codePage(context: PageContext, errors: Errors = {}) {
  const isSent = readFlow(cookiesIn(context), 'login-code') !== undefined
  return LoginCodePage({ isSent, next: context.next, loginUrl: context.loginUrl(), ...errors })
}
