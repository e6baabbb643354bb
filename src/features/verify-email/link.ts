import { isUserActivity } from '@/http/request/client'
import { cookiesIn } from '@/http/request/cookies'
import { reportRejected } from '@/http/response/link-events'
import { forgetLink } from '@/http/response/one-time-cookie'
import type { Context } from '@/http/types/context'
import { InvalidVerificationPage } from './views'

/** The fields of the form of a link. */
export type LinkFields = { password?: string; new_password?: string }

/** Where the user goes afterwards: `next` for the forms of a page, `returnPath` for a redirect. */
export type Target = { next?: string; returnPath: string }

/** The pages of a link. A function returns undefined if the token is of another purpose or does not work. */
export interface LinkPages {
  /** Changes nothing. */
  render(context: Context, token: string, target: Target): Promise<Response | undefined>
  confirm(context: Context, token: string, fields: LinkFields, target: Target): Promise<Response | undefined>
  decline(context: Context, token: string): Promise<Response | undefined>
}

/** The same for every link that does not work. */
export function refuse(context: Context) {
  const { loginUrl, signupUrl, reply } = context
  reportRejected(context)
  if (isUserActivity(context.request)) forgetLink(cookiesIn(context)) // the user may still type the code
  return reply.page(InvalidVerificationPage({ loginUrl: loginUrl(), signupUrl: signupUrl() }), 410)
}
