import { t } from 'elysia'
import { cookiesIn } from '@/http/request/cookies'
import type { Context } from '@/http/types/context'
import { saveOneTimeToken } from './one-time-cookie'

/** The query of a link in a mail. */
export const LinkQuery = t.Object({ token: t.Optional(t.String()) })

type LinkContext = Pick<Context, 'internal' | 'request' | 'reply'> & { query: typeof LinkQuery.static }

/** Moves the token of a link to the cookie, and opens the page at `path` without it. Undefined without a token. */
export function takeLinkToken(context: LinkContext, path: string, save = saveOneTimeToken) {
  const { query, reply } = context
  if (query.token === undefined) return undefined
  save(cookiesIn(context), query.token)
  return reply.redirect(path)
}
