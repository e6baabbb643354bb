import { seconds } from '@/lib/duration'
import { apiToken, emailOf, PASSWORD, sessionToken, USER_AGENT } from './crowd'

// Asks a server for a while and tells how it went, in a process of its own: `bun tests/bench/load.ts JOB`. As little as will
// do: a few connections that stay open, one request at a time on each, and of an answer only its status and length are read.

export type Job = {
  port: number
  ask: 'page' | 'visitor' | 'token' | 'login'
  path: string
  /** As whom: so many of them all, evenly. */
  people: { count: number; of: number }
  connections: number
  ms: number
  /** As slow as that; without it as fast as they are answered. */
  perSecond?: number
}

export type Outcome = { done: number; refused: number; ms: number; p50: number; p99: number }

if (import.meta.main) console.info(JSON.stringify(await load(JSON.parse(Bun.argv[2] ?? ''))))

async function load(job: Job): Promise<Outcome> {
  const requests = requestsOf(job)
  const took: number[] = []
  const began = performance.now()
  let [next, refused, last] = [0, 0, began]

  async function keepAsking(i: number) {
    let connection = await connect(job.port)
    const pause = job.perSecond ? (job.connections * seconds(1)) / job.perSecond : 0
    let due = began + (pause * i) / job.connections
    while (performance.now() < began + job.ms) {
      if (pause) await Bun.sleep(Math.max(0, (due += pause) - performance.now()))
      const asked = performance.now()
      const { status, retryAfter } = await connection.ask(requests[next++ % requests.length] ?? '')
      if (status === 503) {
        refused++
        connection.close() // the server would not keep it open for as long
        await Bun.sleep(Math.min(seconds(retryAfter), Math.max(0, began + job.ms - performance.now())))
        connection = await connect(job.port)
      } else if (status === (job.ask === 'login' ? 303 : 200)) {
        last = performance.now()
        took.push(last - asked)
      } else throw new Error(`${job.path} answered ${status}`)
    }
    connection.close()
  }

  await Promise.all(Array.from({ length: job.connections }, (_, i) => keepAsking(i)))
  took.sort((a, b) => a - b)
  const at = (share: number) => took[Math.floor(took.length * share)] ?? 0
  return { done: took.length, refused, ms: last - began, p50: at(0.5), p99: at(0.99) }
}

function requestsOf({ port, ask, path, people }: Job) {
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
  return Array.from({ length: people.count }, (_, k) => one(Math.floor((k * people.of) / people.count)))
}

async function connect(port: number) {
  let [got, missing] = ['', 0]
  let answered: (answer: { status: number; retryAfter: number }) => void = () => undefined
  let failed: (error: Error) => void = () => undefined

  function read(bytes: Buffer) {
    if (missing === 0) {
      got += bytes.toString('latin1')
      const end = got.indexOf('\r\n\r\n')
      if (end < 0) return
      const length = /^content-length: (\d+)/im.exec(got)?.[1] ?? 0
      missing = Number(length) - (got.length - end - 4)
    } else missing -= bytes.length
    if (missing > 0) return
    const answer = { status: Number(got.slice(9, 12)), retryAfter: Number(/^retry-after: (\d+)/im.exec(got)?.[1] ?? 1) }
    ;[got, missing] = ['', 0]
    answered(answer)
  }

  const socket = await Bun.connect({
    hostname: 'localhost',
    port,
    socket: { data: (_, bytes) => read(bytes), close: () => failed(new Error('the server closed the connection')) },
  })
  return {
    ask: (request: string) =>
      new Promise<{ status: number; retryAfter: number }>((resolve, reject) => {
        ;[answered, failed] = [resolve, reject]
        socket.write(request)
      }),
    close: () => ((failed = () => undefined), socket.end()),
  }
}
