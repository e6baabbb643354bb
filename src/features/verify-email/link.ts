import type { Deps } from '@/deps/deps'
import { countOpened } from '@/model/mails/mail-counts'
import type { LinkPurpose } from '@/model/mails/mail-data'
import { isUserActivity } from '@/http/request/client'
import { cookiesOf } from '@/http/request/cookies'
import type { Context } from '@/http/types'
import { InvalidVerificationPage } from './views'

/** What the form of a link sends. */
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

export const cookiesIn = ({ request, internal }: Pick<Context, 'request' | 'internal'>) =>
  cookiesOf(internal.auth, request)

/** For the page of a link that works. */
export function reportOpened({ deps, request }: { deps: Deps; request: Request }, purpose: LinkPurpose) {
  if (!isUserActivity(request)) return
  deps.emit({ kind: 'link-opened', purpose })
  countOpened(deps, purpose)
}

/** The same for every link that does not work. */
export function refuse({ deps, request, loginUrl, signupUrl, reply }: Context) {
  if (isUserActivity(request)) deps.emit({ kind: 'link-rejected' })
  return reply.page(InvalidVerificationPage({ loginUrl: loginUrl(), signupUrl: signupUrl() }), 410)
}
