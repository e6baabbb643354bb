import { connect } from 'node:http2'
import { readFileSync } from 'node:fs'
import { afterEach, expect, setDefaultTimeout, test } from 'bun:test'
import { ann } from '../../support/people'
import { start, stopStarted, waitUntilListening } from '../../support/process'
import { installedProxies, run, startBehind } from '../../support/proxies'
import { read } from '../../support/stream'
import { tempFolder } from '../../support/temp'

setDefaultTimeout(30_000)
afterEach(stopStarted)

/** The text of a file in the page. */
function fileOf(path: string) {
  const [, text] = readFileSync('docs/deploy.md', 'utf8').split(new RegExp(`^\`\`\`\\w+ ${RegExp.escape(path)}\n`, 'm'))
  if (text === undefined) throw new Error(`docs/deploy.md has no file ${path}`)
  return text.split('```')[0] ?? ''
}

const configs: Record<string, string> = {
  nginx: fileOf('/etc/nginx/conf.d/my-app.conf'),
  caddy: fileOf('/etc/caddy/Caddyfile'),
}

const startApp = async (env: Record<string, string>) => {
  const app = start(env)
  await waitUntilListening(app)
  return app
}

/** The status of a response over HTTP/2. */
function statusOverHttp2(origin: string) {
  const session = connect(origin, { rejectUnauthorized: false })
  return new Promise((resolve, reject) => {
    session.on('error', reject)
    const request = session.request({ ':path': '/login' })
    request.on('response', (headers) => resolve(headers[':status']))
    request.on('error', reject)
    request.end()
  }).finally(() => session.destroy())
}

test.each(installedProxies)('a user signs up, logs in and receives events through %s', async (name, proxy) => {
  const { origin, place, nodes, ask, browser: open } = await startBehind(proxy, configs[name] ?? '', startApp)
  const browser = open()
  expect(await statusOverHttp2(origin)).toBe(200)
  expect((await browser.post('/signup', { ...ann, name: 'Ann' })).to).toBe('/login')
  expect(await browser.post('/login', ann, { 'x-forwarded-for': '203.0.113.7' })).toMatchObject({ to: '/profile' })
  expect([...browser.jar.keys()]).toContain('__Host-session')
  const { html, headers } = await browser.get('/profile')
  expect(html).toContain('Welcome, Ann!')
  expect(headers.get('strict-transport-security')).toStartWith('max-age=63072000')
  expect((await browser.get('/settings/sessions')).html).not.toContain('203.0.113') // a client cannot invent its IP

  const tooLarge = await browser.post('/profile', { name: 'a'.repeat(65 * 1024) })
  expect([tooLarge.status, tooLarge.headers.get('app-response')]).toEqual([413, 'true']) // of the app, not of the proxy

  const cookie = [...browser.jar].map(([key, value]) => `${key}=${value}`).join('; ')
  const sent = { cookie, 'user-agent': browser.userAgent }
  const response = await ask(new Request(`${origin}/session/stream`, { headers: sent }))
  const stream = read(response.body?.pipeThrough(new TextDecoderStream()))
  expect(await stream.next()).toMatchObject({ event: 'connected' })
  await browser.post('/logout')
  expect(await stream.next()).toEqual({ event: 'session-ended', data: { reason: 'logout' } })

  if (name === 'nginx')
    expect((await ask(new Request(`http://localhost:${place.http}/a?b=c`))).headers.get('location')).toBe(
      'https://localhost/a?b=c',
    )

  for (const { server } of nodes) {
    server.kill('SIGTERM')
    expect(await server.exited).toBe(0)
  }
})

const units = ['my-app.service', 'my-app-backup.service', 'my-app-backup.timer']

const hasSystemd = Bun.which('systemd-analyze') !== null

test.each(hasSystemd ? units : [])('systemd accepts the unit %s', async (unit) => {
  const folder = tempFolder('units')
  for (const name of units) {
    const text = fileOf(`/etc/systemd/system/${name}`).replaceAll('/opt/my-app', process.cwd())
    await Bun.write(`${folder}/${name}`, text.replaceAll('/usr/local/bin/bun', process.execPath))
  }
  await run('systemd-analyze', 'verify', `${folder}/${unit}`)
})

test('the commands and the files of the page exist', () => {
  const page = readFileSync('docs/deploy.md', 'utf8')
  const scripts = [...page.matchAll(/\bbun (src\/[\w./-]+\.ts)/g)].map(([, path = '']) => path)
  expect([...new Set(scripts)].toSorted()).toEqual(['src/cli.ts', 'src/db-cli.ts', 'src/server.ts'])
  for (const path of scripts) expect(readFileSync(path, 'utf8')).not.toBe('')
  for (const [, files = ''] of fileOf('Dockerfile').matchAll(/^COPY ((?:[\w./]+ )+)\S+$/gm))
    for (const file of files.trim().split(' '))
      expect(Bun.spawnSync(['git', 'ls-files', file]).stdout.length).toBeGreaterThan(0)
  expect(fileOf('Dockerfile')).toContain(`FROM oven/bun:${process.versions.bun}`)
})
