import { Elysia } from 'elysia'
import { listApiTokensOf, revokeApiToken, type ApiToken } from '@/model/api-tokens/api-tokens'
import { listActiveSessions } from '@/model/sessions/expiry'
import { canonicalName, validateName } from '@/model/users/name'
import { endOwnSession } from '@/model/sessions/end'
import type { Session, User } from '@/model/types'
import { changeName } from '@/model/users/users'
import type { Guards } from '@/http/auth/guards'
import { invalidFields, notFound, reauthRequired } from '@/http/response/http-errors'
import { describeApi } from './openapi'
import { operations, type MeAnswer, type SessionAnswer, type TokenAnswer } from './operations'
import { ApiPage } from './views'

export const api = (guards: Guards) =>
  new Elysia({ prefix: '/api' })
    .use(statusRoutes(guards))
    .use(docsRoutes(guards))
    .use(readRoutes(guards))
    .use(writeRoutes(guards))

const statusRoutes = ({ noSession }: Guards) =>
  new Elysia().use(noSession).get('/status', ({ reply }) => reply.json({ status: 'ok' }))

const docsRoutes = ({ anyone }: Guards) =>
  new Elysia()
    .use(anyone)
    .get('/openapi.json', ({ internal: { auth }, reply }) => reply.json(describeApi(auth)))
    .get('/docs', ({ deps, reply }) => reply.page(ApiPage(deps.config)))

const readRoutes = ({ permissionRequired }: Guards) =>
  new Elysia()
    .use(permissionRequired('profile:read'))
    .get('/me', ({ currentUser, reply }) => reply.json(toMe(currentUser)))
    .get('/sessions', async ({ deps, currentUser, session, reply }) => {
      const sessions = await listActiveSessions(deps, currentUser)
      return reply.json({ sessions: sessions.map((one) => toSession(one, session)) })
    })
    .get('/tokens', async ({ deps, currentUser, reply }) =>
      reply.json({ tokens: (await listApiTokensOf(deps, currentUser)).map(toToken) }),
    )

const writeRoutes = ({ permissionRequired }: Guards) =>
  new Elysia()
    .use(permissionRequired('profile:write'))
    .patch(
      '/me',
      async ({ deps, currentUser, body, reply }) => {
        const error = validateName(body.name)
        if (error) throw invalidFields({ name: error })

        await changeName(deps, currentUser, body.name)
        return reply.json(toMe({ ...currentUser, name: canonicalName(body.name) }))
      },
      { body: operations.rename.body },
    )
    .delete('/sessions/:id', async ({ deps, currentUser, session, isFresh, params, reply }) => {
      if (session && !isFresh) throw reauthRequired() // same rule as in the settings; a token is authorized by its scope
      if (!(await endOwnSession(deps, currentUser, params.id))) throw notFound()
      return reply.noContent()
    })
    .delete('/tokens/:id', async ({ deps, client, currentUser, params, reply }) => {
      if (!(await revokeApiToken(deps, currentUser, params.id, client))) throw notFound()
      return reply.noContent()
    })

const toMe = ({ id, email, name, role }: User): MeAnswer => ({ id, email, name, roles: [role] })

const toSession = (
  { id, started_by, user_agent, created_at, last_seen_at }: Session,
  current: Session | undefined,
): SessionAnswer => ({
  id,
  current: id === current?.id,
  opened_by: started_by === 'remember' ? 'remember_me' : 'password',
  user_agent,
  created_at: toIso(created_at),
  last_seen_at: toIso(last_seen_at),
})

const toToken = ({ id, name, hint, scopes, created_at, expires_at, last_used_at }: ApiToken): TokenAnswer => ({
  id,
  name,
  hint,
  scopes,
  created_at: toIso(created_at),
  expires_at: toIso(expires_at),
  last_used_at: last_used_at === null ? null : toIso(last_used_at),
})

const toIso = (at: number) => new Date(at).toISOString()
