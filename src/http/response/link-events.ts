import type { Deps } from '@/deps/deps'
import { countOpened } from '@/model/mails/mail-counts'
import type { LinkPurpose } from '@/model/mails/mail-data'
import { isUserActivity } from '@/http/request/client'

type LinkContext = { deps: Deps; request: Request }

/** For the page of a link that works. */
export function reportOpened({ deps, request }: LinkContext, purpose: LinkPurpose) {
  if (!isUserActivity(request)) return
  deps.emit({ kind: 'link-opened', purpose })
  countOpened(deps, purpose)
}

/** For every link that does not work. */
export function reportRejected({ deps, request }: LinkContext) {
  if (isUserActivity(request)) deps.emit({ kind: 'link-rejected' })
}
