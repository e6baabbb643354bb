import { readReturnPathIfSafe } from '@/http/auth/return-path'
import type { Context } from '@/http/types/context'

/**
 * A page that requires two-step verification has sent the user here: the path of that page, or undefined. The links of this
 * request keep it by `withNext`.
 */
export const readNext = ({ internal, request }: Pick<Context, 'internal' | 'request'>, body?: unknown) =>
  readReturnPathIfSafe(internal.auth, request, body).next
