import { expect } from 'bun:test'
import type { Browser } from './browser'
import type { Site } from './site'

type Texts = Record<string, string>
type Message = { event: string; id?: string; data?: unknown; retry?: string }

export async function listen({ app }: Pick<Site, 'app'>, { jar, userAgent }: Browser, sent: Texts = {}) {
  const cookie = [...jar].map(([name, value]) => `${name}=${value}`).join('; ')
  const headers = { accept: 'text/event-stream', 'user-agent': userAgent, cookie, ...sent }
  const {
    status,
    headers: received,
    body,
  } = await app.handle(new Request('http://localhost/session/stream', { headers }))
  return { status, headers: received, ...read(body) }
}

/** The messages of a stream; `next` waits for one. */
export function read(body: ReadableStream<unknown> | null | undefined) {
  const reader = body?.getReader()
  return {
    async next() {
      const { done, value } = (await reader?.read()) ?? { done: true, value: '' }
      return done ? CLOSED : messageIn(String(value))
    },
    cancel: () => reader?.cancel(),
  }
}

export const CLOSED: Message = { event: 'closed' }
export const REPLACED: Message = { event: 'replaced', data: {} }
export const BEAT: Message = { event: 'none' }

function messageIn(text: string): Message {
  const fields = Object.fromEntries(text.matchAll(/^(\w+): (.*)$/gm).map(([, name, value = '']) => [name, value]))
  const { event = 'none', data, ...rest } = fields
  return { event, ...rest, ...(data === undefined ? {} : { data: JSON.parse(data) }) }
}

export const happened = (kind: string) => expect.objectContaining({ event: 'security-event', data: { kind } })

export const ended = (reason: string) => ({ event: 'session-ended', data: { reason } })
