import { connect } from 'node:net'
import { ann, eve } from './people'
import { waitUntilListening, start } from './process'

const PATIENCE = 2_000 // what stays open without a word for so long will not say any more

/** Exact bytes on the wire, and all that comes back until the other side closes. */
export const raw = (port: string, bytes: (string | Uint8Array)[]) =>
  new Promise<string>((resolve) => {
    let answer = ''
    const socket = connect(Number(port), 'localhost', () => bytes.forEach((getHtmx) => socket.write(getHtmx)))
    const done = () => resolve(answer)
    socket
      .on('data', (data) => void (answer += data.toString('latin1')))
      .on('close', done)
      .on('error', done)
    socket.setTimeout(PATIENCE, () => socket.destroy())
  })

/** The statuses in what came back, in their order. */
export const statuses = (answer: string) =>
  [...answer.matchAll(/HTTP\/1\.[01] (\d{3}) /g)].map(([, status]) => Number(status))

/** The program itself on a port of its own, where ann and eve have signed up, and ways to write to it. */
export async function openWire(env?: Record<string, string>) {
  const one = start(env)
  await waitUntilListening(one)
  const port = one.settings.PORT
  const post = (path: string, fields: Record<string, string>) =>
    fetch(`${one.url}${path}`, { method: 'POST', body: new URLSearchParams(fields), redirect: 'manual' })
  for (const person of [ann, eve]) await post('/signup', person)
  const host = `Host: localhost:${port}\r\n`
  return {
    ...one,
    port,
    host,
    /** Whether it is still there, and well. */
    isWell: async () => (await fetch(`${one.url}/healthz`)).status === 200,
    /** The cookie of a new session of this person. */
    cookieOf: async (person: { email: string; password: string }) => {
      const set = (await post('/login', { email: person.email, password: person.password })).headers.getSetCookie()
      return set.map((line) => line.split(';')[0] ?? '').find((pair) => pair.startsWith('session=')) ?? ''
    },
    send: (...bytes: (string | Uint8Array)[]) => raw(port, bytes),
    /** One request with our Host and these lines, after which the connection is over. */
    ask: (target: string, lines: string[] = [], method = 'GET', body = '') =>
      raw(port, [
        `${method} ${target} HTTP/1.1\r\n${host}Connection: close\r\n${lines.map((line) => `${line}\r\n`).join('')}\r\n${body}`,
      ]),
  }
}

export type Wire = Awaited<ReturnType<typeof openWire>>
