import { Elysia, t } from 'elysia'
import type { Deps } from '@/deps/deps'
import {
  consumeSavedRequest,
  deleteDiscardedRequest,
  isBeingSent,
  listDiscardedRequests,
  listSavedRequests,
  type SavedRequestKey,
} from '@/model/saved-requests/saved-requests'
import { doNotSave, replaySavedRequest } from '@/http/auth/saved-request'
import { textField } from '@/http/request/form-fields'
import type { Guards } from '@/http/auth/guards'
import { readFormPage } from './form-page'
import { ResumePage } from './views'

/** `handle` is the handler of the whole app, so that a saved request passes all checks again. */
export const resume = ({ loginRequired }: Guards, handle: (request: Request) => Promise<Response>) =>
  new Elysia({ prefix: '/resume', ...doNotSave })
    .use(loginRequired)
    .get('/', async ({ deps, request, internal: { savedRequestKey: key }, reply }) => {
      const savedRequests = key ? await listSavedRequests(deps, key) : []
      const discarded = key ? await listDiscardedRequests(deps, key) : []
      if (savedRequests.length + discarded.length === 0) return reply.redirect('/dashboard')
      const forms = savedRequests.map(async (saved) => ({ saved, page: await readFormPage(request, saved, handle) }))
      return reply.page(ResumePage({ forms: await Promise.all(forms), discarded }))
    })
    .guard({ body: t.Object({ id: textField, interrupted_at: textField }) })
    .post('/', async ({ deps, body, request, currentUser, internal, afterLoginPath, reply }) => {
      const { savedRequestKey: key } = internal
      const [id, interruptedAt] = [body.id || undefined, Number(body.interrupted_at || NaN)]
      const response = key && (await replaySavedRequest(deps, request, key, id, handle, interruptedAt))
      if (response) return response
      const flash = await missingFlash(deps, key, body.id)
      if (flash === 'saved-request-in-progress') return reply.redirect('/dashboard', flash)
      const to = await afterLoginPath(currentUser, '/dashboard') // the same request may have been saved again under another id
      return to === '/resume' ? reply.redirect(to) : reply.redirect(to, flash)
    })
    .post(
      '/discard',
      async ({ deps, body, currentUser, internal: { savedRequestKey: key }, afterLoginPath, reply }) => {
        if (key && (await deleteDiscardedRequest(deps, key, body.id)))
          return reply.redirect(await afterLoginPath(currentUser, '/dashboard'))
        const savedRequest = key && (await consumeSavedRequest(deps, key, body.id || undefined))
        if (!savedRequest) return reply.redirect('/dashboard', await missingFlash(deps, key, body.id))
        const isUnsent = savedRequest.state === 'free'
        return reply.redirect('/dashboard', isUnsent ? 'saved-request-discarded' : 'interrupted-request-discarded')
      },
    )

const missingFlash = async (deps: Deps, key: SavedRequestKey | undefined, id: string) =>
  key && (await isBeingSent(deps, key, id || undefined)) ? 'saved-request-in-progress' : 'saved-request-gone'
