import { seconds } from '@/lib/duration'
import { apiToken, emailOf, PASSWORD, sessionToken, USER_AGENT } from './accounts'

// `bun tests/bench/load.ts JOB` sends requests over open connections, one at a time on each. It reads only the status and
// the length of a response, so that the client is faster than any server.

export type Job = {
  port: number
  ask: 'page' | 'visitor' | 'token' | 'login'
  path: string
  /** `count` of `of` sessions or users, evenly distributed. */
  sessions: { count: number; of: number }
  connections: number
  ms: number
  /** Without it, each connection sends the next request at once. */
  perSecond?: number
}

export type Outcome = { done: number; rejected: number; ms: number; p50: number; p99: number }

if (import.meta.main) console.info(JSON.stringify(await load(JSON.parse(Bun.argv[2] ?? ''))))

async function load(job: Job): Promise<Outcome> {
  const requests = requestsOf(job)
  const times: number[] = []
  const startedAt = performance.now()
  let [next, rejected, last] = [0, 0, startedAt]

  async function sendRepeatedly(i: number) {
    let connection = await connect(job.port)
    const pause = job.perSecond ? (job.connections * seconds(1)) / job.perSecond : 0
    let due = startedAt + (pause * i) / job.connections
    while (performance.now() < startedAt + job.ms) {
      if (pause) await Bun.sleep(Math.max(0, (due += pause) - performance.now()))
      const sentAt = performance.now()
      const { status, retryAfter } = await connection.ask(requests[next++ % requests.length] ?? '')
      if (status === 503) {
        rejected++
        connection.close() // the server closes idle connections
        await Bun.sleep(Math.min(seconds(retryAfter), Math.max(0, startedAt + job.ms - performance.now())))
        connection = await connect(job.port)
      } else if (status === (job.ask === 'login' ? 303 : 200)) {
        last = performance.now()
        times.push(last - sentAt)
      } else throw new Error(`${job.path} returned ${status}`)
    }
    connection.close()
  }

  await Promise.all(Array.from({ length: job.connections }, (_, i) => sendRepeatedly(i)))
  times.sort((a, b) => a - b)
  const at = (share: number) => times[Math.floor(times.length * share)] ?? 0
  return { done: times.length, rejected, ms: last - startedAt, p50: at(0.5), p99: at(0.99) }
}

function requestsOf({ port, ask, path, sessions }: Job) {
  const head = (method: string, ...lines: string[]) =>
    [`${method} ${path} HTTP/1.1`, `Host: localhost:${port}`, `User-Agent: ${USER_AGENT}`, ...lines, '', ''].join(
      '\r\n',
    )
  const one = (i: number) => {
    if (ask === 'visitor') return head('GET')
    if (ask === 'token') return head('GET', `Authorization: Bearer ${apiToken}`)
    if (ask === 'page') return head('GET', `Cookie: session=${sessionToken(i)}`)
    const form = `${new URLSearchParams({ email: emailOf(i), password: PASSWORD })}`
    const type = 'Content-Type: application/x-www-form-urlencoded'
    return head('POST', `X-Forwarded-For: 192.0.2.${i % 256}`, type, `Content-Length: ${form.length}`) + form
  }
  return Array.from({ length: sessions.count }, (_, k) => one(Math.floor((k * sessions.of) / sessions.count)))
}

async function connect(port: number) {
  let [received, missing] = ['', 0]
  let onResponse: (response: { status: number; retryAfter: number }) => void = () => undefined
  let onClose: (error: Error) => void = () => undefined

  function read(bytes: Buffer) {
    if (missing === 0) {
      received += bytes.toString('latin1')
      const end = received.indexOf('\r\n\r\n')
      if (end < 0) return
      const length = /^content-length: (\d+)/im.exec(received)?.[1] ?? 0
      missing = Number(length) - (received.length - end - 4)
    } else missing -= bytes.length
    if (missing > 0) return
    const response = {
      status: Number(received.slice(9, 12)),
      retryAfter: Number(/^retry-after: (\d+)/im.exec(received)?.[1] ?? 1),
    }
    ;[received, missing] = ['', 0]
    onResponse(response)
  }

  const socket = await Bun.connect({
    hostname: 'localhost',
    port,
    socket: { data: (_, bytes) => read(bytes), close: () => onClose(new Error('the server closed the connection')) },
  })
  return {
    ask: (request: string) =>
      new Promise<{ status: number; retryAfter: number }>((resolve, reject) => {
        ;[onResponse, onClose] = [resolve, reject]
        socket.write(request)
      }),
    close: () => ((onClose = () => undefined), socket.end()),
  }
}
