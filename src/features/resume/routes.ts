import { Elysia, t } from 'elysia'
import { listDrafts, takeDraft } from '@/model/saved-requests/saved-requests'
import { neverKept, replaySavedRequest } from '@/http/auth/saved-request'
import { text } from '@/http/request/form-fields'
import type { Guards } from '@/http/auth/guards'
import { ResumePage } from './views'

/** What was on its way when the session ended. `handle` sends it through the site's own front door. */
export const resume = ({ loginRequired }: Guards, handle: (request: Request) => Promise<Response>) =>
  new Elysia({ prefix: '/resume', ...neverKept })
    .use(loginRequired)
    .get('/', async ({ deps, internal: { draftKeeper }, reply }) => {
      const drafts = draftKeeper ? await listDrafts(deps, draftKeeper) : []
      return drafts.length > 0 ? reply.page(ResumePage({ drafts })) : reply.go('/dashboard')
    })
    .guard({ body: t.Object({ id: text }) })
    .post('/', async ({ deps, body, request, currentUser, internal: { draftKeeper }, wayOn, reply }) => {
      const id = body.id || undefined
      const response = draftKeeper && (await replaySavedRequest(deps, request, draftKeeper, id, handle))
      if (response) return response
      const to = await wayOn(currentUser, '/dashboard') // it may be what waits again, under another id
      return to === '/resume' ? reply.go(to) : reply.go(to, 'draft-gone')
    })
    .post('/discard', async ({ deps, body, internal: { draftKeeper }, reply }) => {
      const draft = draftKeeper && (await takeDraft(deps, draftKeeper, body.id || undefined))
      return reply.go('/dashboard', draft ? 'draft-discarded' : 'draft-gone')
    })
