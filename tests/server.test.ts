import { afterEach, expect, setDefaultTimeout, test } from 'bun:test'
import { existsSync, mkdtempSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { baseline } from '@/web/headers'

setDefaultTimeout(20_000)

// The program itself, as `bun run start` and `bun run dev` start it: a process, a socket and a database file.
const started: Bun.Subprocess[] = []
afterEach(async () => {
  for (const server of started.splice(0)) {
    server.kill('SIGKILL')
    await server.exited
  }
})

const folder = () => mkdtempSync(`${tmpdir()}/latchkey-server-`)

function findFreePort() {
  const server = Bun.serve({ port: 0, fetch: () => new Response() })
  const { port } = server
  server.stop(true)
  return `${port}`
}

function start(env: Record<string, string> = {}, flags: string[] = []) {
  const settings = {
    PATH: process.env.PATH,
    PORT: findFreePort(),
    DATABASE_URL: `sqlite:${folder()}/latchkey.sqlite`,
    ...env,
  }
  const server = Bun.spawn([process.execPath, '--no-env-file', ...flags, 'src/server.ts'], {
    env: settings,
    stdout: 'pipe',
    stderr: 'pipe',
  })
  started.push(server)
  return { server, settings, url: `http://localhost:${settings.PORT}` }
}

/** What the server prints until it says where it is. */
async function listening({ server }: ReturnType<typeof start>) {
  let printed = ''
  for await (const chunk of server.stdout) {
    printed += new TextDecoder().decode(chunk)
    if (printed.includes('Latchkey is at')) return printed
  }
  throw new Error(`${printed}${await new Response(server.stderr).text()}`)
}

/** How a server that cannot start says so. */
async function refusal(env: Record<string, string>, flags: string[] = []) {
  const { server } = start(env, flags)
  return { said: (await new Response(server.stderr).text()).trimEnd(), code: await server.exited }
}

test('it says where it is, and makes its database by itself', async () => {
  const one = start()
  expect(await listening(one)).toContain(`Latchkey is at ${one.url}`)
  expect(await (await fetch(`${one.url}/api/status`)).json()).toEqual({ status: 'ok' })
  expect(existsSync(one.settings.DATABASE_URL.replace('sqlite:', ''))).toBe(true)
})

test('what was stored is there after a restart', async () => {
  const one = start()
  await listening(one)
  const account = new URLSearchParams({ email: 'ann@example.test', name: 'Ann', password: 'correct horse battery' })
  expect((await fetch(`${one.url}/signup`, { method: 'POST', body: account, redirect: 'manual' })).status).toBe(303)
  one.server.kill('SIGTERM')
  expect(await one.server.exited).toBe(0)
  const two = start({ DATABASE_URL: one.settings.DATABASE_URL })
  await listening(two)
  expect((await fetch(`${two.url}/login`, { method: 'POST', body: account, redirect: 'manual' })).status).toBe(303)
})

test('a port in use is one clear sentence, and an exit code that is not 0', async () => {
  const one = start()
  await listening(one)
  const { said, code } = await refusal({ PORT: one.settings.PORT })
  expect([said.split('\n').length, code]).toEqual([1, 1])
  expect(said).toStartWith(
    `PORT is "${one.settings.PORT}" and HOST is "localhost", and the server cannot listen there:`,
  )
})

test('bad variables are one clear sentence each', async () => {
  const { said, code } = await refusal({ PORT: 'http', SESSION_PROTECTION: 'STRONG', LOG_FORMAT: 'xml' })
  expect(code).toBe(1)
  expect(said.split('\n')).toEqual([
    'PORT is "http" and should be a whole number from 1 to 65535.',
    'SESSION_PROTECTION is "STRONG" and should be "basic" or "strong" or "off".',
    'LOG_FORMAT is "xml" and should be "pretty" or "json".',
  ])
})

test('a database that cannot be opened is one clear sentence, and is left alone', async () => {
  const spoilt = `${folder()}/not-a-database`
  writeFileSync(spoilt, 'these are only words, and more than sqlite takes for a header'.repeat(20))
  for (const path of [`${folder()}/missing/latchkey.sqlite`, folder(), spoilt]) {
    const { said, code } = await refusal({ DATABASE_URL: `sqlite:${path}` })
    expect([said.split('\n').length, code]).toEqual([1, 1])
    expect(said).toStartWith(`DATABASE_URL is "sqlite:${path}", and that database cannot be opened and written:`)
  }
  expect(await Bun.file(spoilt).text()).toContain('only words')
})

test('under --watch a start that fails ends the process too', async () => {
  expect((await refusal({ PORT: 'http' }, ['--watch'])).code).toBe(1)
})

test('a signal lets what is in flight finish, and then ends the process with 0', async () => {
  const one = start()
  await listening(one)
  const account = 'email=ann%40example.test&name=Ann&password=correct+horse+battery'
  const head = `POST /signup HTTP/1.1\r\nHost: localhost:${one.settings.PORT}\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: ${account.length}\r\n\r\n`
  const socket = connect(Number(one.settings.PORT), 'localhost')
  const answer = new Promise<string>((resolve) => socket.on('data', (data) => resolve(`${data}`)))
  socket.write(head + account.slice(0, 20))
  await fetch(`${one.url}/healthz`) // answered after what came before it was read
  one.server.kill('SIGTERM')
  socket.write(account.slice(20))
  expect(await answer).toStartWith('HTTP/1.1 303 ')
  expect(await one.server.exited).toBe(0)
})

/** Exact bytes on the wire, and all that comes back. */
const raw = (port: string, bytes: (string | Uint8Array)[]) =>
  new Promise<string>((resolve) => {
    let answer = ''
    const socket = connect(Number(port), 'localhost', () => bytes.forEach((part) => socket.write(part)))
    const done = () => resolve(answer)
    socket
      .on('data', (data) => void (answer += data))
      .on('close', done)
      .on('error', done)
    setTimeout(() => socket.destroy(), 1500)
  })

test('on the wire, too, a body that is too large gets our page with our headers, announced or not', async () => {
  const one = start()
  await listening(one)
  const head =
    'POST /login HTTP/1.1\r\nHost: localhost:' +
    one.settings.PORT +
    '\r\nContent-Type: application/x-www-form-urlencoded\r\n'
  const announced = await raw(one.settings.PORT, [`${head}Content-Length: 1000000000\r\n\r\nemail=x`])
  const chunk = `10000\r\n${'x'.repeat(65_536)}\r\n`
  const unannounced = await raw(one.settings.PORT, [
    `${head}Transfer-Encoding: chunked\r\n\r\n`,
    chunk,
    chunk,
    '0\r\n\r\n',
  ])
  for (const answer of [announced, unannounced]) {
    expect(answer).toStartWith('HTTP/1.1 413 ')
    expect(answer).toContain('That is too much')
    for (const name of Object.keys(baseline)) expect(answer.toLowerCase()).toContain(`\r\n${name}: `)
  }
})

test('on the wire, too, the host must be ours', async () => {
  const one = start()
  await listening(one)
  const ask = (hosts: string[]) =>
    raw(one.settings.PORT, [
      `GET / HTTP/1.1\r\n${hosts.map((host) => `Host: ${host}\r\n`).join('')}Connection: close\r\n\r\n`,
    ])
  expect(await ask([`localhost:${one.settings.PORT}`])).toStartWith('HTTP/1.1 200 ')
  expect(await ask(['evil.test'])).toStartWith('HTTP/1.1 421 ')
  for (const path of ['/login', '/profile', '/api/me']) {
    const answer = await raw(one.settings.PORT, [`GET ${path} HTTP/1.0\r\n\r\n`])
    expect(answer).toMatch(/^HTTP\/1\.[01] 421 /)
    expect(answer).toContain(path.startsWith('/api') ? 'application/problem+json' : 'text/html')
  }
  expect(await raw(one.settings.PORT, ['GET /healthz HTTP/1.0\r\n\r\n'])).toMatch(/^HTTP\/1\.[01] 200 /)
  expect(await ask([`localhost:${one.settings.PORT}`, 'evil.test'])).toMatch(/^HTTP\/1\.1 4\d\d /)
})

test('a log that cannot be written is lost, and the site goes on', async () => {
  const full = Bun.file('/dev/full')
  if (!existsSync('/dev/full')) return // only Linux has a disk that is always full
  for (const LOG_FORMAT of ['json', 'pretty']) {
    const port = findFreePort()
    const env = { PATH: process.env.PATH, PORT: port, DATABASE_URL: 'sqlite::memory:', LOG_FORMAT }
    started.push(
      Bun.spawn([process.execPath, '--no-env-file', 'src/server.ts'], { env, stdout: full, stderr: 'ignore' }),
    )
    const ask = () =>
      fetch(`http://localhost:${port}/healthz`).then(
        ({ status }) => status,
        () => 0,
      )
    while ((await ask()) === 0) await Bun.sleep(20)
    for (let i = 0; i < 50; i++) expect(await ask()).toBe(200)
  }
})

test('a cookie behind a byte that is no space is not ours: browsers would let a neighbour plant it', async () => {
  const one = start()
  await listening(one)
  const account = new URLSearchParams({ email: 'ann@example.test', name: 'Ann', password: 'correct horse battery' })
  for (const path of ['signup', 'login'])
    await fetch(`${one.url}/${path}`, { method: 'POST', body: account, redirect: 'manual' })
  const login = await fetch(`${one.url}/login`, { method: 'POST', body: account, redirect: 'manual' })
  const [session = ''] = login.headers.getSetCookie().map((line) => line.split(';')[0] ?? '')
  const ask = (cookie: Buffer) =>
    raw(one.settings.PORT, [
      Buffer.concat([
        Buffer.from(`GET /profile HTTP/1.1\r\nHost: localhost:${one.settings.PORT}\r\nConnection: close\r\nCookie: `),
        cookie,
        Buffer.from('\r\n\r\n'),
      ]),
    ])
  expect(await ask(Buffer.from(session))).toStartWith('HTTP/1.1 200 ')
  for (const byte of [0xa0, 0x0b, 0x85])
    expect(await ask(Buffer.concat([Buffer.from([byte]), Buffer.from(session)]))).not.toStartWith('HTTP/1.1 200 ')
})
