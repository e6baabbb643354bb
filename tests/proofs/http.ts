import { minutes } from '@/lib/duration'

// Requests written by hand on a socket: what comes back is seen byte for byte, and timed without a client in between.

/** That of a browser, for its name is read from it. */
export const USER_AGENT = 'Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0'

export type Asked = {
  method?: 'GET' | 'POST'
  path: string
  fields?: Record<string, string>
  cookies?: Map<string, string>
}

/** An answer as it came. `took` is in nanoseconds, from the first byte sent to the last one received. */
export type Answer = { status: number; head: string; body: string; took: number }

type Waiting = { resolve(answer: Answer): void; reject(error: Error): void; began: number; patience: Timer }

const PATIENCE = minutes(1) // what takes longer waits for itself

/** A connection that stays open; one request at a time. */
export async function connect(port: number) {
  let received = Buffer.alloc(0)
  let waiting: Waiting | undefined
  const socket = await Bun.connect({
    hostname: 'localhost',
    port,
    socket: {
      data(_, bytes) {
        received = Buffer.concat([received, bytes])
        const answer = read(received)
        if (!answer || !waiting) return
        const took = Bun.nanoseconds() - waiting.began
        clearTimeout(waiting.patience)
        received = Buffer.alloc(0)
        waiting.resolve({ ...answer, took })
        waiting = undefined
      },
      close: () => waiting?.reject(new Error(`the server closed the connection after ${received.length} bytes`)),
    },
  })
  return {
    ask: (asked: Asked) => {
      const text = written(asked, port)
      return new Promise<Answer>((resolve, reject) => {
        const patience = setTimeout(() => reject(new Error(`${asked.path} was not answered`)), PATIENCE)
        waiting = { resolve, reject, began: Bun.nanoseconds(), patience }
        socket.write(text)
      })
    },
    end: () => {
      waiting = undefined
      socket.end()
    },
  }
}

/** As a browser sends it for a person. */
function written({ method = 'GET', path, fields, cookies = new Map() }: Asked, port: number) {
  const body = fields ? `${new URLSearchParams(fields)}` : ''
  const cookie = [...cookies].map(([name, value]) => `${name}=${value}`).join('; ')
  const lines = [
    `${method} ${path} HTTP/1.1`,
    `Host: localhost:${port}`,
    `User-Agent: ${USER_AGENT}`,
    'Sec-Fetch-Site: same-origin',
    'Sec-Fetch-Mode: navigate',
    'Sec-Fetch-Dest: document',
    ...(cookie ? [`Cookie: ${cookie}`] : []),
    ...(method === 'POST' ? ['Content-Type: application/x-www-form-urlencoded', `Content-Length: ${body.length}`] : []),
  ]
  return `${lines.join('\r\n')}\r\n\r\n${body}`
}

/** The answer, once all of it is there. */
function read(bytes: Buffer) {
  const end = bytes.indexOf('\r\n\r\n')
  if (end < 0) return undefined
  const head = bytes.toString('latin1', 0, end)
  const length = Number(valueOf(head, 'content-length') ?? 0)
  if (bytes.length < end + 4 + length) return undefined
  return { status: Number(head.split(' ')[1]), head, body: bytes.toString('latin1', end + 4) }
}

const valuesOf = (head: string, name: string) =>
  head
    .split('\r\n')
    .flatMap((line) => (line.toLowerCase().startsWith(`${name}: `) ? [line.slice(name.length + 2)] : []))

export const valueOf = (head: string, name: string) => valuesOf(head, name)[0]

/** What the answer puts into the browser's jar: an empty text where it takes something out. */
export const cookiesIn = ({ head }: Answer) =>
  new Map(
    valuesOf(head, 'set-cookie')
      .map((line) => Bun.Cookie.parse(line))
      .map(({ name, value }) => [name, value]),
  )

/** The status of an answer, and the page that it leads to. */
export function outcomeOf({ status, head }: Answer) {
  const to = valueOf(head, 'location')?.split('?')[0]
  return to === undefined ? `${status}` : `${status} ${to.replace(/[\w-]{22}/, ':id')}`
}

export type Connection = Awaited<ReturnType<typeof connect>>
