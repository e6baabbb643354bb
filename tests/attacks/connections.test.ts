import { afterAll, beforeAll, expect, setDefaultTimeout, test } from 'bun:test'
import { connect, type Socket } from 'node:net'
import { assetUrls } from '@/http/assets/manifest'
import { stopStarted } from '../support/process'
import { openWire, statuses, type Wire } from '../support/wire'
import { ann, eve } from '../support/people'

// Attacks on one connection: several users, unread bodies, slow senders.
setDefaultTimeout(60_000) // Bun closes a connection with an incomplete head after 12 s, regardless of the idle timeout

let wire: Wire
let cookies: { anns: string; eves: string }
beforeAll(async () => {
  wire = await openWire()
  cookies = { anns: await wire.cookieOf(ann), eves: await wire.cookieOf(eve) }
  // The changed client is recorded once, and that write takes longer than a client that disconnects waits.
  for (const cookie of Object.values(cookies))
    await wire.send(get('/profile', [`Cookie: ${cookie}`, 'Connection: close']))
})
afterAll(stopStarted)

const get = (target: string, lines: string[] = []) =>
  `GET ${target} HTTP/1.1\r\n${wire.host}${lines.map((line) => `${line}\r\n`).join('')}\r\n`
const page = (cookie?: string) => (cookie ? get('/profile', [`Cookie: ${cookie}`]) : get('/'))
const last = () => get('/', ['Connection: close'])

/** The users of the pages in a response, in order; `visitor` for a page with `Login` in its menu. */
const greeted = (answer: string) =>
  [...answer.matchAll(/Welcome, (\w+)!|<a href="\/" aria-current="page">Home<\/a>.{0,50}>Login</g)].map(
    ([, name]) => name ?? 'visitor',
  )

test('pipelined requests on one connection each use their own cookie', async () => {
  const { anns, eves } = cookies
  expect(greeted(await wire.send(page(anns), page(), page(eves), page(anns), last()))).toEqual([
    'Ann',
    'visitor',
    'Eve',
    'Ann',
    'visitor',
  ])
  const profiles = [anns, eves].map((cookie) => get('/profile', [`Cookie: ${cookie}`]))
  const answer = await wire.send(`${profiles.join('')}${get('/profile')}${last()}`)
  expect(statuses(answer)).toEqual([200, 200, 303, 200])
  expect([...answer.matchAll(/Welcome, (\w+)!/g)].map(([, name]) => name)).toEqual(['Ann', 'Eve'])
})

test('sequential requests on one connection each use their own cookie', async () => {
  const socket = connect(Number(wire.port), 'localhost')
  const answers = []
  for (const cookie of [cookies.anns, undefined, cookies.eves, cookies.anns, undefined]) {
    socket.write(page(cookie))
    let answer = ''
    for await (const data of socket.iterator({ destroyOnReturn: false })) {
      answer += data
      if (answer.includes('</html>')) break
    }
    answers.push(...greeted(answer))
  }
  socket.destroy()
  expect(answers).toEqual(['Ann', 'visitor', 'Eve', 'Ann', 'visitor'])
})

test('a client that disconnects during a login receives no response, and no other client receives it', async () => {
  const body = `${new URLSearchParams({ email: ann.email, password: 'a wrong one' })}`
  const type = 'Content-Type: application/x-www-form-urlencoded'
  const login = `POST /login HTTP/1.1\r\n${wire.host}${type}\r\nContent-Length: ${body.length}\r\n\r\n${body}`
  expect(await wire.send(login + page(cookies.eves))).toBe('')
})

test('two Cookie headers are merged, and two session cookies authenticate no user', async () => {
  const { anns, eves } = cookies
  for (const pair of [
    [anns, eves],
    [eves, anns],
    [anns, anns],
  ])
    expect(
      greeted(
        await wire.ask(
          '/',
          pair.map((cookie) => `Cookie: ${cookie}`),
        ),
      ),
    ).toEqual(['visitor'])
  expect(greeted(await wire.ask('/profile', ['Cookie: a=b', `Cookie: ${anns}`]))).toEqual(['Ann'])
})

test('a HEAD response has no body, so that the next response is not taken for it', async () => {
  for (const target of ['/', '/nowhere', '/favicon.ico', assetUrls.js, '/api/me', '/healthz']) {
    const answer = await wire.send(`HEAD ${target} HTTP/1.1\r\n${wire.host}\r\n`, last())
    expect(statuses(answer)).toHaveLength(2)
    expect(answer).toMatch(/^HTTP\/1\.1 [^]*?\r\n\r\nHTTP\/1\.1 200 OK\r\n/)
    expect(greeted(answer)).toEqual(['visitor'])
  }
})

test('a HEAD request to the stream is answered and uses no stream', async () => {
  for (let i = 0; i < 11; i++)
    expect(statuses(await wire.ask('/session/stream', [`Cookie: ${cookies.anns}`], 'HEAD'))).toEqual([200])
})

test('a body that is rejected unread is not parsed as the next request', async () => {
  const hidden = page(cookies.anns)
  const form = 'Content-Type: application/x-www-form-urlencoded'
  const length = `Content-Length: ${hidden.length}`
  const refused: [status: number, target: string, lines: string[]][] = [
    [415, 'POST /login', ['Content-Type: text/plain', length]],
    [413, 'POST /login', [form, 'Content-Length: 70000']],
    [403, 'POST /login', [form, length, 'Sec-Fetch-Site: cross-site']],
    [405, 'PUT /login', [form, length]],
    [404, 'POST /nowhere', [form, length]],
  ]
  const answered = refused.map(async ([status, target, lines]) => {
    const head = lines.map((line) => `${line}\r\n`).join('')
    const answer = await wire.send(`${target} HTTP/1.1\r\n${wire.host}${head}\r\n${hidden}`)
    expect([statuses(answer), greeted(answer)]).toEqual([[status], []])
  })
  await Promise.all(answered)
  expect(greeted(await wire.send(get('/', [form, length]) + hidden + last()))).toEqual(['visitor', 'visitor'])
})

const closed = (socket: Socket) =>
  new Promise<void>((resolve) => void socket.on('error', () => undefined).on('close', () => resolve()))

test('two hundred clients that send or read very slowly are disconnected after a timeout', async () => {
  const sockets = (count: number, head: string) =>
    Array.from({ length: count }, () => {
      const socket = connect(Number(wire.port), 'localhost')
      socket.write(head)
      return socket
    })
  const fields = `${wire.host}Content-Type: application/x-www-form-urlencoded\r\nContent-Length: 1000\r\n\r\n`
  const writers = [
    ...sockets(150, `POST /login HTTP/1.1\r\n${fields}`),
    ...sockets(50, `GET / HTTP/1.1\r\n${wire.host}X: `),
  ]
  // More than all socket buffers hold, and the client reads nothing.
  const wanted = 200
  const readers = sockets(20, get(assetUrls.js).repeat(wanted)).map((socket) => socket.pause())
  const dripping = setInterval(() => writers.forEach((socket) => socket.writable && socket.write('a')), 2_000)
  expect(await wire.isWell()).toBe(true)
  writers.forEach((socket) => socket.resume())
  await Promise.all(writers.map(closed))
  clearInterval(dripping)
  const got = readers.map(async (socket) => {
    let bytes = 0
    socket.on('data', (data) => void (bytes += data.length)).resume()
    await closed(socket)
    return bytes
  })
  const whole = wanted * (await (await fetch(`${wire.url}${assetUrls.js}`)).arrayBuffer()).byteLength
  for (const bytes of await Promise.all(got)) expect(bytes).toBeLessThan(whole)
  expect(await wire.isWell()).toBe(true)
})
