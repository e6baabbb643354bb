import { seconds } from '@/lib/duration'
import { sessionToken, USER_AGENT } from './accounts'
import type { Plan } from './plan'
import { startSite, type Server } from './processes'
import type { Row } from './table'

/** Memory and processor time of open streams without events. */
export async function measureStreams(database: string, { streams, streamsMs }: Plan): Promise<Row[]> {
  const site = await startSite(database) // its memory has not grown by other requests
  const idle = await watch(site, streamsMs)
  const opened = Promise.withResolvers<void>()
  let connected = 0
  const sockets = await Promise.all(
    Array.from({ length: streams }, (_, i) => open(site.port, i, () => ++connected === streams && opened.resolve())),
  )
  await opened.promise
  const busy = await watch(site, streamsMs)
  for (const socket of sockets) socket.end()
  await site.stop()
  return [
    {
      id: 'streams',
      what: `memory of ${streams.toLocaleString('en')} open streams`,
      value: Math.max(0.01, busy.mib - idle.mib),
      unit: 'MiB',
    },
    {
      id: 'streams, CPU',
      what: 'their share of one processor',
      value: Math.max(0.01, (busy.share - idle.share) * 100),
      unit: '%',
    },
  ]
}

const open = (port: number, i: number, onConnected: () => void) =>
  Bun.connect({
    hostname: 'localhost',
    port,
    socket: {
      open: (socket) =>
        void socket.write(
          `GET /session/stream HTTP/1.1\r\nHost: localhost:${port}\r\nUser-Agent: ${USER_AGENT}\r\nCookie: session=${sessionToken(i)}\r\n\r\n`,
        ),
      data: (_, bytes) => void (`${bytes}`.includes('event: connected') && onConnected()),
    },
  })

async function watch(site: Server, ms: number) {
  const before = await site.usage()
  await Bun.sleep(ms)
  const after = await site.usage()
  return { mib: after.rss / 2 ** 20, share: (after.cpu - before.cpu) / seconds(1) / ms }
}
