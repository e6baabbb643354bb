import { reportRejected } from '@/http/response/link-events'
import type { Context } from '@/http/types/context'
import { DeactivatedPage, InvalidResetPage } from './views'

export function refuse(context: Pick<Context, 'deps' | 'request' | 'reply'>, kind: 'invalid' | 'deactivated') {
  const { deps, reply } = context
  if (kind === 'deactivated') return reply.page(DeactivatedPage(deps.config), 403)
  reportRejected(context)
  return reply.page(InvalidResetPage(), 410)
}
