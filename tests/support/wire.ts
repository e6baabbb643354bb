import { connect } from 'node:net'
import { ann, eve } from './people'
import { waitUntilListening, start } from './process'

const IDLE_MS = 2_000 // an open connection without data for this time sends nothing more

/** Sends exact bytes and returns all data until the server closes. */
export const raw = (port: string, bytes: (string | Uint8Array)[]) =>
  new Promise<string>((resolve) => {
    let answer = ''
    const socket = connect(Number(port), 'localhost', () => bytes.forEach((getHtmx) => socket.write(getHtmx)))
    const done = () => resolve(answer)
    socket
      .on('data', (data) => void (answer += data.toString('latin1')))
      .on('close', done)
      .on('error', done)
    socket.setTimeout(IDLE_MS, () => socket.destroy())
  })

/** The statuses of all responses, in order. */
export const statuses = (answer: string) =>
  [...answer.matchAll(/HTTP\/1\.[01] (\d{3}) /g)].map(([, status]) => Number(status))

/** The program on its own port with the users ann and eve. */
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
    isWell: async () => (await fetch(`${one.url}/healthz`)).status === 200,
    cookieOf: async (person: { email: string; password: string }) => {
      const set = (await post('/login', { email: person.email, password: person.password })).headers.getSetCookie()
      return set.map((line) => line.split(';')[0] ?? '').find((pair) => pair.startsWith('session=')) ?? ''
    },
    send: (...bytes: (string | Uint8Array)[]) => raw(port, bytes),
    /** One request with the right Host and these headers that closes the connection. */
    ask: (target: string, lines: string[] = [], method = 'GET', body = '') =>
      raw(port, [
        `${method} ${target} HTTP/1.1\r\n${host}Connection: close\r\n${lines.map((line) => `${line}\r\n`).join('')}\r\n${body}`,
      ]),
  }
}

export type Wire = Awaited<ReturnType<typeof openWire>>
