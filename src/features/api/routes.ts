import { Elysia } from 'elysia'
import { listApiTokensOf, revokeApiToken, type ApiToken } from '@/model/api-tokens/api-tokens'
import { listSessionsOf } from '@/model/sessions/expiry'
import { canonicalName, flawInName } from '@/model/users/name'
import { endOwnSession } from '@/model/sessions/end'
import type { Session, User } from '@/model/types'
import { changeName } from '@/model/users/users'
import type { Guards } from '@/http/auth/guards'
import { badFields, notFound, passwordFirst } from '@/http/response/http-errors'
import { describeApi } from './openapi'
import { operations, type MeAnswer, type SessionAnswer, type TokenAnswer } from './operations'
import { ApiPage } from './views'

export const api = (guards: Guards) =>
  new Elysia({ prefix: '/api' }).use(probes(guards)).use(description(guards)).use(reads(guards)).use(writes(guards))

const probes = ({ nobody }: Guards) =>
  new Elysia().use(nobody).get('/status', ({ reply }) => reply.json({ status: 'ok' }))

const description = ({ anyone }: Guards) =>
  new Elysia()
    .use(anyone)
    .get('/openapi.json', ({ internal: { auth }, reply }) => reply.json(describeApi(auth)))
    .get('/docs', ({ deps, reply }) => reply.page(ApiPage(deps.config)))

const reads = ({ can }: Guards) =>
  new Elysia()
    .use(can('profile:read'))
    .get('/me', ({ currentUser, reply }) => reply.json(asMe(currentUser)))
    .get('/sessions', async ({ deps, currentUser, session, reply }) => {
      const sessions = await listSessionsOf(deps, currentUser)
      return reply.json({ sessions: sessions.map((one) => asSession(one, session)) })
    })
    .get('/tokens', async ({ deps, currentUser, reply }) =>
      reply.json({ tokens: (await listApiTokensOf(deps, currentUser)).map(asToken) }),
    )

const writes = ({ can }: Guards) =>
  new Elysia()
    .use(can('profile:write'))
    .patch(
      '/me',
      async ({ deps, currentUser, body, reply }) => {
        const mistake = flawInName(body.name)
        if (mistake) throw badFields({ name: mistake })

        await changeName(deps, currentUser, body.name)
        return reply.json(asMe({ ...currentUser, name: canonicalName(body.name) }))
      },
      { body: operations.rename.body },
    )
    .delete('/sessions/:id', async ({ deps, currentUser, session, isFresh, params, reply }) => {
      if (session && !isFresh) throw passwordFirst() // as in the settings; a token has its scope
      if (!(await endOwnSession(deps, currentUser, params.id))) throw notFound()
      return reply.nothing()
    })
    .delete('/tokens/:id', async ({ deps, client, currentUser, params, reply }) => {
      if (!(await revokeApiToken(deps, currentUser, params.id, client))) throw notFound()
      return reply.nothing()
    })

const asMe = ({ id, email, name, role }: User): MeAnswer => ({ id, email, name, roles: [role] })

const asSession = (
  { id, born, user_agent, created_at, seen_at }: Session,
  current: Session | undefined,
): SessionAnswer => ({
  id,
  current: id === current?.id,
  opened_by: born === 'remember' ? 'remember_me' : 'password',
  user_agent,
  created_at: iso(created_at),
  last_seen_at: iso(seen_at),
})

const asToken = ({ id, name, hint, scopes, created_at, expires_at, used_at }: ApiToken): TokenAnswer => ({
  id,
  name,
  hint,
  scopes,
  created_at: iso(created_at),
  expires_at: iso(expires_at),
  last_used_at: used_at === null ? null : iso(used_at),
})

const iso = (at: number) => new Date(at).toISOString()
