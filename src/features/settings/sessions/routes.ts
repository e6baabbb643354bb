import { Elysia } from 'elysia'
import { isTwoStepOn } from '@/model/factors/assurance'
import { hasPasswordOnly } from '@/model/factors/step-up'
import { summarizeAccess } from '@/model/accounts/access-summary'
import { endOtherSessions, endSessionOrDevice, findSessionOrDevice, listSessions } from '@/model/sessions/session-list'
import { findLastEventId } from '@/model/security-events/event-list'
import type { Guards } from '@/http/auth/guards'
import { notFound } from '@/http/response/http-errors'
import { EndOthersPage, EndSessionPage } from './confirmations'
import { SessionsPage } from './views'

export const sessionSettings = ({ loginRequired, freshLoginRequired }: Guards) =>
  new Elysia({ prefix: '/sessions' })
    .use(endRoutes(freshLoginRequired))
    .use(loginRequired)
    .get('/', async ({ deps, currentUser, session, isFresh, factors, reply }) => {
      // Read before the list, so that an event in between causes another refresh instead of being missed.
      const lastEventId = await findLastEventId(deps, currentUser.id)
      const devices = await listSessions(deps, currentUser)
      return reply.page(
        SessionsPage({
          ...devices,
          currentId: session.id,
          lastEventId,
          isFresh,
          isPasswordOnly: hasPasswordOnly(await factors()),
        }),
      )
    })

const endRoutes = (freshLoginRequired: Guards['freshLoginRequired']) =>
  new Elysia()
    .use(freshLoginRequired)
    .get('/:id/end', async ({ deps, currentUser, session, params, reply }) => {
      const found = await findSessionOrDevice(deps, currentUser, params.id)
      if (!found) throw notFound()
      return reply.page(EndSessionPage({ id: params.id, session: found, isCurrent: found.id === session.id }))
    })
    .post('/:id/end', async ({ deps, currentUser, session, params, logOut, reply }) => {
      if (params.id === session.id) {
        await logOut()
        return reply.redirect('/', 'logged-out')
      }
      if (!(await endSessionOrDevice(deps, currentUser, params.id))) throw notFound()
      return reply.redirect('/settings/sessions', 'session-ended')
    })
    .get('/end-others', async ({ deps, currentUser, session, reply }) =>
      reply.page(
        EndOthersPage({
          ...(await summarizeAccess(deps, currentUser, session)),
          isTwoStep: isTwoStepOn(currentUser),
        }),
      ),
    )
    .post('/end-others', async ({ deps, client, currentUser, session, reply }) => {
      await endOtherSessions(deps, currentUser, session, client)
      return reply.redirect('/settings/sessions', 'other-sessions-ended')
    })
