import { Elysia } from 'elysia'
import { findPendingChanges } from '@/model/accounts/pending-changes'
import { listApiTokensOf, revokeApiToken } from '@/model/api-tokens/api-tokens'
import { listActiveSessions } from '@/model/sessions/expiry'
import { changeProfile, validateProfile } from '@/model/users/profile'
import { endOwnSession } from '@/model/sessions/own-session'
import type { Guards } from '@/http/auth/guards'
import { invalidFields, notFound, reauthRequired } from '@/http/response/http-errors'
import { apiDocs } from './docs/routes'
import { describeApi } from './openapi'
import { operations } from './operations'
import { toMe, toSession, toToken } from './schemas'

export const api = (guards: Guards) =>
  new Elysia({ prefix: '/api' })
    .use(statusRoutes(guards))
    .use(openApiRoutes(guards))
    .use(apiDocs(guards))
    .use(readRoutes(guards))
    .use(writeRoutes(guards))

const statusRoutes = ({ noSession }: Guards) =>
  new Elysia().use(noSession).get('/status', ({ reply }) => reply.json({ status: 'ok' }))

const openApiRoutes = ({ anyone }: Guards) =>
  new Elysia().use(anyone).get('/openapi.json', ({ internal: { auth }, reply }) => reply.json(describeApi(auth)))

const readRoutes = ({ permissionRequired }: Guards) =>
  new Elysia()
    .use(permissionRequired('profile:read'))
    .get('/me', async ({ deps, currentUser, reply }) =>
      reply.json(toMe(currentUser, await findPendingChanges(deps, currentUser))),
    )
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
        const errors = validateProfile(body)
        if (errors) throw invalidFields(errors)
        const user = await changeProfile(deps, currentUser, body)
        return reply.json(toMe(user, await findPendingChanges(deps, user)))
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
