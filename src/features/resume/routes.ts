import { Elysia, t } from 'elysia'
import { listSavedRequests, consumeSavedRequest } from '@/model/saved-requests/saved-requests'
import { doNotSave, replaySavedRequest } from '@/http/auth/saved-request'
import { textField } from '@/http/request/form-fields'
import type { Guards } from '@/http/auth/guards'
import { ResumePage } from './views'

/** `handle` is the handler of the whole app, so that a saved request passes all checks again. */
export const resume = ({ loginRequired }: Guards, handle: (request: Request) => Promise<Response>) =>
  new Elysia({ prefix: '/resume', ...doNotSave })
    .use(loginRequired)
    .get('/', async ({ deps, internal: { savedRequestKey }, reply }) => {
      const savedRequests = savedRequestKey ? await listSavedRequests(deps, savedRequestKey) : []
      return savedRequests.length > 0 ? reply.page(ResumePage({ savedRequests })) : reply.redirect('/dashboard')
    })
    .guard({ body: t.Object({ id: textField }) })
    .post('/', async ({ deps, body, request, currentUser, internal: { savedRequestKey }, afterLoginPath, reply }) => {
      const id = body.id || undefined
      const response = savedRequestKey && (await replaySavedRequest(deps, request, savedRequestKey, id, handle))
      if (response) return response
      const to = await afterLoginPath(currentUser, '/dashboard') // the same request may have been saved again under another id
      return to === '/resume' ? reply.redirect(to) : reply.redirect(to, 'saved-request-gone')
    })
    .post('/discard', async ({ deps, body, internal: { savedRequestKey }, reply }) => {
      const savedRequest = savedRequestKey && (await consumeSavedRequest(deps, savedRequestKey, body.id || undefined))
      return reply.redirect('/dashboard', savedRequest ? 'saved-request-discarded' : 'saved-request-gone')
    })
