import { Elysia } from 'elysia'
import type { Session } from '@/model/types'
import { doNotSave } from '@/http/auth/saved-request'
import type { Guards } from '@/http/auth/guards'
import { secondsLeft } from '@/http/response/session-clock'
import type { Context } from '@/http/types/context'

export const session = (guards: Guards) =>
  new Elysia({ prefix: '/session', ...doNotSave })
    .use(pollRoutes(guards))
    .use(guards.loginRequired)
    .post('/', (context) => context.reply.json(sessionClock(context)))

const pollRoutes = ({ poll }: Guards) =>
  new Elysia()
    .use(poll)
    .get('/', (context) => context.reply.json(sessionClock(context)))
    .get('/stream', async ({ internal: { auth }, request, session, reply }) => {
      if (request.method === 'HEAD') return reply.stream(new ReadableStream()) // it must not replace a stream that is read
      return reply.stream(await auth.streams.open(session, request.headers.get('last-event-id') ?? undefined))
    })

function sessionClock({ deps, session, isFresh }: Pick<Context, 'deps' | 'isFresh'> & { session: Session }) {
  const { idle, absolute } = secondsLeft(deps, session)
  return { idle_seconds_left: idle, absolute_seconds_left: absolute, fresh: isFresh }
}
