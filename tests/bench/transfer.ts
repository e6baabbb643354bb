import { emailOf, PASSWORD, USER_AGENT } from './accounts'
import type { Server } from './processes'
import { atMost, type Row } from './table'

const KIB = 1024

/** (k): headers and bodies that a browser with an empty cache receives, without TLS. */
export async function measureTransfer({ port }: Server): Promise<Row[]> {
  const home = await ask(port, 'GET', '/')
  const files = await askAll(port, filesOf(home.text))
  const first = [home, ...files]

  const form = `${new URLSearchParams({ email: emailOf(0), password: PASSWORD })}`
  const htmx = ['HX-Request: true', 'HX-Request-Type: partial', 'Content-Type: application/x-www-form-urlencoded']
  const login = await ask(port, 'POST', '/login', [...htmx, `Content-Length: ${form.length}`], form)
  const [to, cookie] = [headerOf(login.text, 'hx-redirect'), headerOf(login.text, 'set-cookie').split(';')[0]]
  const profile = await ask(port, 'GET', to, [`Cookie: ${cookie}`])
  const known = filesOf(home.text)
  const second = [
    login,
    profile,
    ...(await askAll(
      port,
      filesOf(profile.text).filter((path) => !known.includes(path)),
    )),
  ]

  const [one, two] = [sum(first) / KIB, sum(second) / KIB]
  return [
    {
      id: 'k',
      what: 'a first page view: home and its files',
      value: one,
      unit: `KiB in ${first.length} requests`,
      ...atMost(30, one, ' KiB'),
    },
    {
      id: 'k login',
      what: 'a login with htmx, and the profile page',
      value: two,
      unit: `KiB in ${second.length} requests`,
    },
  ]
}

type Answer = { text: string; bytes: number }

const sum = (answers: Answer[]) => answers.reduce((bytes, answer) => bytes + answer.bytes, 0)
const askAll = (port: number, paths: string[]) => Promise.all(paths.map((path) => ask(port, 'GET', path)))
const headerOf = (text: string, name: string) => new RegExp(`^${name}: ([^\r]*)`, 'im').exec(text)?.[1] ?? ''

/** Without the touch icon, which phones load only when the user adds the site to the home screen. */
const filesOf = (html: string) =>
  [...html.matchAll(/<(?:link rel="(?:stylesheet|icon)"|script)[^>]*(?:href|src)="([^"]+)"/g)].map(
    ([, path = '']) => path,
  )

async function ask(port: number, method: string, path: string, lines: string[] = [], body = ''): Promise<Answer> {
  const headers = [
    `Host: localhost:${port}`,
    `User-Agent: ${USER_AGENT}`,
    'Accept-Encoding: gzip, deflate, br, zstd',
    'Connection: close',
  ]
  const { promise, resolve } = Promise.withResolvers<void>()
  const chunks: Buffer[] = []
  const socket = await Bun.connect({
    hostname: 'localhost',
    port,
    socket: { data: (_, bytes) => void chunks.push(Buffer.from(bytes)), close: () => resolve() },
  })
  socket.write([`${method} ${path} HTTP/1.1`, ...headers, ...lines, '', body].join('\r\n'))
  await promise
  const answer = Buffer.concat(chunks)
  const text = decode(answer)
  if (!/^HTTP\/1.1 20[04]/.test(text)) throw new Error(`${path} returned ${text.split('\r\n')[0]}`)
  return { text, bytes: answer.length }
}

/** The headers and the page. Pages are compressed with gzip. */
function decode(answer: Buffer<ArrayBuffer>) {
  const bodyAt = answer.indexOf('\r\n\r\n') + 4
  const head = answer.toString('latin1', 0, bodyAt)
  const body = answer.subarray(bodyAt)
  return head + (headerOf(head, 'content-encoding') === 'gzip' ? Buffer.from(Bun.gunzipSync(body)) : body).toString()
}
