import { seconds } from '@/lib/durations'

// What open streams cost: `bun tests/bench/streams.ts`. A server of its own, and as many streams as are wanted to it.
const STREAMS = 1000
const A_USER = 10 // as many as one may have
const WATCHED = seconds(30) // longer than a beat, so that there is one in it
const PORT = 4320

type Usage = { rss: number; cpu: number }

let answer: (said: Usage & { cookies?: string[] }) => void = () => undefined
const server = Bun.spawn([process.execPath, 'tests/bench/serve-streams.ts', `${PORT}`, `${STREAMS}`, `${A_USER}`], {
  stdio: ['ignore', 'inherit', 'inherit'],
  ipc: (message) => answer(message),
})
const ask = (word: string) =>
  new Promise<Usage & { cookies?: string[] }>((resolve) => {
    answer = resolve
    server.send(word)
  })

let heard = 0
const open = (cookie: string) =>
  Bun.connect({
    hostname: 'localhost',
    port: PORT,
    socket: {
      open: (socket) =>
        void socket.write(`GET /session/stream HTTP/1.1\r\nHost: localhost:${PORT}\r\nCookie: ${cookie}\r\n\r\n`),
      data: (_, bytes) => void (heard += `${bytes}`.includes('event: opened') ? 1 : 0),
    },
  })

/** Memory, and what share of one processor was used, over a while in which nothing happens. */
async function watch() {
  const before = await ask('usage')
  await Bun.sleep(WATCHED)
  const after = await ask('usage')
  return { rss: after.rss, share: (after.cpu - before.cpu) / 1000 / WATCHED }
}

await new Promise<void>((resolve) => (answer = () => resolve())) // it has started
const { cookies = [] } = await ask('cookies')
const idle = await watch()
const sockets = await Promise.all(cookies.map(open))
await Bun.sleep(seconds(3))
if (heard !== STREAMS) throw new Error(`${heard} of ${STREAMS} streams opened`)
const busy = await watch()
for (const socket of sockets) socket.end()
server.kill()

const mib = (bytes: number) => (bytes / 2 ** 20).toFixed(1)
const percent = (share: number) => `${(share * 100).toFixed(2)} %`
console.info('| | memory (MiB) | of one processor |\n|---|--:|--:|')
console.info(`| idle | ${mib(idle.rss)} | ${percent(idle.share)} |`)
console.info(`| ${STREAMS} open streams | ${mib(busy.rss)} | ${percent(busy.share)} |`)
console.info(`| the difference | ${mib(busy.rss - idle.rss)} | ${percent(busy.share - idle.share)} |`)
