import { Elysia, t } from 'elysia'
import {
  consumeSavedRequest,
  deleteDiscardedRequest,
  isBeingSent,
  listDiscardedRequests,
  listSavedRequests,
} from '@/model/saved-requests/saved-requests'
import { doNotSave, replaySavedRequest } from '@/http/auth/saved-request'
import { textField } from '@/http/request/form-fields'
import type { Guards } from '@/http/auth/guards'
import { ResumePage } from './views'

/** `handle` is the handler of the whole app, so that a saved request passes all checks again. */
export const resume = ({ loginRequired }: Guards, handle: (request: Request) => Promise<Response>) =>
  new Elysia({ prefix: '/resume', ...doNotSave })
    .use(loginRequired)
    .get('/', async ({ deps, internal: { savedRequestKey: key }, reply }) => {
      const savedRequests = key ? await listSavedRequests(deps, key) : []
      const discarded = key ? await listDiscardedRequests(deps, key) : []
      if (savedRequests.length + discarded.length === 0) return reply.redirect('/dashboard')
      return reply.page(ResumePage({ savedRequests, discarded }))
    })
    .guard({ body: t.Object({ id: textField, interrupted_at: textField }) })
    .post('/', async ({ deps, body, request, currentUser, internal, afterLoginPath, reply }) => {
      const { savedRequestKey: key } = internal
      const [id, interruptedAt] = [body.id || undefined, Number(body.interrupted_at || NaN)]
      const response = key && (await replaySavedRequest(deps, request, key, id, handle, interruptedAt))
      if (response) return response
      if (key && (await isBeingSent(deps, key, id))) return reply.redirect('/dashboard', 'saved-request-in-progress')
      const to = await afterLoginPath(currentUser, '/dashboard') // the same request may have been saved again under another id
      return to === '/resume' ? reply.redirect(to) : reply.redirect(to, 'saved-request-gone')
    })
    .post(
      '/discard',
      async ({ deps, body, currentUser, internal: { savedRequestKey: key }, afterLoginPath, reply }) => {
        if (key && (await deleteDiscardedRequest(deps, key, body.id)))
          return reply.redirect(await afterLoginPath(currentUser, '/dashboard'))
        const savedRequest = key && (await consumeSavedRequest(deps, key, body.id || undefined))
        if (!savedRequest) return reply.redirect('/dashboard', 'saved-request-gone')
        const isUnsent = savedRequest.interrupted_at === null
        return reply.redirect('/dashboard', isUnsent ? 'saved-request-discarded' : 'interrupted-request-discarded')
      },
    )
