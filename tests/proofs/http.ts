import { minutes } from '@/lib/duration'

// Requests are written to a socket, so that an HTTP client neither hides bytes nor adds time.

export const USER_AGENT = 'Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0'

export type ProofRequest = {
  method?: 'GET' | 'POST'
  path: string
  fields?: Record<string, string>
  cookies?: Map<string, string>
  /** The IP that a proxy reports. By default, all requests come from this machine. */
  source?: string
}

/** `took` is in nanoseconds, from the first byte sent to the last byte received. */
export type Answer = { status: number; head: string; body: string; took: number }

type Pending = { resolve(answer: Answer): void; reject(error: Error): void; startedAt: number; timeout: Timer }

const TIMEOUT = minutes(1)

/** A connection that stays open. Send one request at a time. `host` is that of `APP_URL`. */
export async function connect(port: number, host = `localhost:${port}`) {
  let received = Buffer.alloc(0)
  let pending: Pending | undefined
  const socket = await Bun.connect({
    hostname: 'localhost',
    port,
    socket: {
      data(_, bytes) {
        received = Buffer.concat([received, bytes])
        const answer = parseComplete(received)
        if (!answer || !pending) return
        const took = Bun.nanoseconds() - pending.startedAt
        clearTimeout(pending.timeout)
        received = Buffer.alloc(0)
        pending.resolve({ ...answer, took })
        pending = undefined
      },
      close: () => pending?.reject(new Error(`the server closed the connection after ${received.length} bytes`)),
    },
  })
  return {
    ask: (request: ProofRequest) => {
      const text = serialize(request, host)
      return new Promise<Answer>((resolve, reject) => {
        const timeout = setTimeout(() => reject(new Error(`${request.path} timed out`)), TIMEOUT)
        pending = { resolve, reject, startedAt: Bun.nanoseconds(), timeout }
        socket.write(text)
      })
    },
    end: () => {
      pending = undefined
      socket.end()
    },
  }
}

function serialize({ method = 'GET', path, fields, cookies = new Map(), source }: ProofRequest, host: string) {
  const body = fields ? `${new URLSearchParams(fields)}` : ''
  const cookie = [...cookies].map(([name, value]) => `${name}=${value}`).join('; ')
  const lines = [
    `${method} ${path} HTTP/1.1`,
    `Host: ${host}`,
    `User-Agent: ${USER_AGENT}`,
    'Sec-Fetch-Site: same-origin',
    'Sec-Fetch-Mode: navigate',
    'Sec-Fetch-Dest: document',
    ...(source ? [`X-Forwarded-For: ${source}`] : []),
    ...(cookie ? [`Cookie: ${cookie}`] : []),
    ...(method === 'POST' ? ['Content-Type: application/x-www-form-urlencoded', `Content-Length: ${body.length}`] : []),
  ]
  return `${lines.join('\r\n')}\r\n\r\n${body}`
}

/** Returns undefined until all bytes of the response have arrived. */
function parseComplete(bytes: Buffer) {
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

/** A cleared cookie has an empty value. */
export const cookiesIn = ({ head }: Answer) =>
  new Map(
    valuesOf(head, 'set-cookie')
      .map((line) => Bun.Cookie.parse(line))
      .map(({ name, value }) => [name, value]),
  )

export function outcomeOf({ status, head }: Answer) {
  const to = valueOf(head, 'location')?.split('?')[0]
  return to === undefined ? `${status}` : `${status} ${to.replace(/[\w-]{22}/, ':id')}`
}

export type Connection = Awaited<ReturnType<typeof connect>>
