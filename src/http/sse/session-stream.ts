import type { Deps } from '@/deps/deps'
import type { AuthEvent } from '@/deps/events'
import { seconds } from '@/lib/duration'
import { findEndedSessions } from '@/model/sessions/expiry'
import {
  advance,
  earliest,
  formatCursor,
  isAfter,
  parseCursor,
  type EventCursor,
} from '@/model/security-events/event-cursor'
import { findLastEventId, findUsersWithNews, listEventsAfter } from '@/model/security-events/event-list'
import { isUserVisible } from '@/model/security-events/security-events'
import type { Session } from '@/model/types'
import type { Streams } from '@/http/types/auth'

// Server-sent events: sends security events and the end of the session to the open pages of a user.

/** A browser needs one stream, because its tabs share it. The next one replaces the oldest, whose client may be asleep. */
const MAX_STREAMS_PER_USER = 10
/** Keeps proxies from closing the stream, detects lost clients, and finds what no message of another process reported. */
const HEARTBEAT = seconds(25)
/** The reconnection delay of the browser. */
const RETRY_MS = 2000
/** A client that leaves more messages unread is disconnected, because they use memory. */
const MAX_UNREAD = 64

type Stream = { session: Session; last: EventCursor; out: ReadableStreamDefaultController<string> }

export function createSessionStreams(readDeps: () => Deps): Streams {
  const streamsByUser = new Map<string, Set<Stream>>()
  let timer: ReturnType<typeof setInterval> | undefined
  let subscription: Promise<() => Promise<void>> | undefined

  // No request waits for a stream; its errors are only logged.
  const logError = (error: unknown) => readDeps().log.error({ err: error }, 'session stream failed')
  /** The database closes after the streams, and fails then. */
  const logIfOpen = (error: unknown) => void (streamsByUser.size > 0 && logError(error))
  const all = () => [...streamsByUser.values()].flatMap((streams) => [...streams])

  const isOpen = (stream: Stream) => streamsByUser.get(stream.session.user_id)?.has(stream) ?? false

  /** Does nothing once the stream is closed, which may happen while its events are read. */
  function send(stream: Stream, text: string) {
    if (!isOpen(stream)) return
    if ((stream.out.desiredSize ?? 0) <= 0) return close(stream)
    stream.out.enqueue(text)
  }

  function add(stream: Stream) {
    const streams = streamsByUser.get(stream.session.user_id) ?? new Set()
    streamsByUser.set(stream.session.user_id, streams.add(stream))
    timer ??= setInterval(() => void heartbeat().catch(logError), HEARTBEAT)
    timer.unref()
  }

  /** Returns false if the client has already closed the stream. */
  function remove(stream: Stream) {
    const streams = streamsByUser.get(stream.session.user_id)
    if (!streams?.delete(stream)) return false
    if (streams.size === 0) streamsByUser.delete(stream.session.user_id)
    if (streamsByUser.size === 0) timer = void clearInterval(timer)
    return true
  }

  function close(stream: Stream) {
    if (remove(stream)) stream.out.close()
  }

  function end(stream: Stream, reason: string) {
    send(stream, message('session-ended', { reason }))
    close(stream)
  }

  /** The script then polls: connecting again would replace the stream of another browser. */
  function replaceOldest(userId: string) {
    const [oldest, ...others] = streamsByUser.get(userId) ?? []
    if (!oldest || others.length < MAX_STREAMS_PER_USER) return
    send(oldest, message('replaced', {}))
    close(oldest)
  }

  async function sendNewEvents(userId: string, streams: Stream[]) {
    const first = earliest(streams.map(({ last }) => last))
    for (const { id, kind } of await listEventsAfter(readDeps(), userId, first))
      for (const stream of streams) {
        if (!isAfter(id, stream.last)) continue // already sent
        stream.last = advance(stream.last, id)
        send(stream, message('security-event', { kind }, formatCursor(stream.last)))
      }
  }

  async function refresh(userIds: string[] | 'all') {
    const streams = userIds === 'all' ? all() : userIds.flatMap((id) => [...(streamsByUser.get(id) ?? [])])
    if (streams.length === 0) return
    const ended = await findEndedSessions(
      readDeps(),
      streams.map(({ session }) => session.id),
    )
    for (const stream of streams) {
      const reason = ended.get(stream.session.id)
      if (reason) end(stream, reason)
    }
    const byUser = Map.groupBy(streams, ({ session }) => session.user_id)
    const cursors = [...byUser].map(([id, own]) => [id, earliest(own.map(({ last }) => last))] as const)
    for (const id of await findUsersWithNews(readDeps(), new Map(cursors)))
      await sendNewEvents(id, [...(streamsByUser.get(id) ?? [])])
  }

  /** Starts with the first stream. After a failure, the next stream or heartbeat tries again. */
  function subscribe() {
    if (subscription) return
    const started = readDeps().channel.subscribe((userIds) => refresh(userIds).catch(logIfOpen))
    subscription = started
    started.catch((error: unknown) => {
      if (subscription !== started) return // closed meanwhile
      subscription = undefined
      logError(error)
    })
  }

  async function heartbeat() {
    if (streamsByUser.size > 0) subscribe()
    await refresh('all')
    for (const stream of all()) send(stream, ': still here\n\n')
  }

  return {
    async open(session: Session, after: string | undefined) {
      const last = parseCursor(after ?? (await findLastEventId(readDeps(), session.user_id)))
      let stream: Stream | undefined
      const body = new ReadableStream<string>(
        {
          start(out) {
            stream = { session, last, out }
            add(stream)
            out.enqueue(`retry: ${RETRY_MS}\n${message('connected', {}, formatCursor(last))}`)
          },
          cancel: () => void (stream && remove(stream)), // already closed: a second close would throw
        },
        { highWaterMark: MAX_UNREAD },
      )
      subscribe()
      try {
        if (stream) await sendNewEvents(session.user_id, [stream])
        const reason = (await findEndedSessions(readDeps(), [session.id])).get(session.id)
        if (stream && reason) end(stream, reason) // ended after the guard ran
        replaceOldest(session.user_id)
        return body
      } catch (error) {
        if (stream) close(stream)
        throw error
      }
    },
    publish(event: AuthEvent) {
      if (!('userId' in event) || !event.userId || !streamsByUser.has(event.userId)) return
      if (event.kind === 'session-ended')
        for (const stream of streamsByUser.get(event.userId) ?? [])
          if (stream.session.id === event.sessionId) end(stream, event.reason)
      if (isUserVisible(event))
        sendNewEvents(event.userId, [...(streamsByUser.get(event.userId) ?? [])]).catch(logError)
    },
    refresh,
    heartbeat,
    close() {
      all().forEach(close)
      subscription?.then((end) => end()).catch(() => undefined) // a failure to start is logged above
      subscription = undefined
    },
  }
}

/** The browser sends the id as Last-Event-ID when it reconnects. */
const message = (event: string, data: object, id?: string) =>
  `${id === undefined ? '' : `id: ${id}\n`}event: ${event}\ndata: ${JSON.stringify(data)}\n\n`
