import { connect } from 'node:http2'
import { readFileSync } from 'node:fs'
import { afterEach, expect, setDefaultTimeout, test } from 'bun:test'
import { Browser } from '../../support/browser'
import { ann } from '../../support/people'
import { endAfterwards, findFreePort, start, stopStarted, waitUntilListening } from '../../support/process'
import { read } from '../../support/stream'
import { tempFolder } from '../../support/temp'

// The configurations of docs/deploy.md, with free ports and a certificate of the test.
setDefaultTimeout(30_000)
afterEach(stopStarted)

/** The text of a file in the page. */
function fileOf(path: string) {
  const [, text] = readFileSync('docs/deploy.md', 'utf8').split(new RegExp(`^\`\`\`\\w+ ${RegExp.escape(path)}\n`, 'm'))
  if (text === undefined) throw new Error(`docs/deploy.md has no file ${path}`)
  return text.split('```')[0] ?? ''
}

type Place = { folder: string; app: string; http: string; https: string }
type Proxy = { program: string | null; config: (place: Place) => string; command: (place: Place) => string[] }

const user = process.getuid?.() === 0 ? 'user root;' : ''

const proxies: Record<string, Proxy> = {
  nginx: {
    program: Bun.which('nginx', { PATH: `${process.env.PATH}:/usr/sbin` }),
    config: ({ folder, app, http, https }) => `
      ${user} daemon off; master_process off; pid ${folder}/pid; error_log stderr; events {}
      http {
        access_log off;
        ${['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map((name) => `${name}_temp_path ${folder}/${name};`).join('\n')}
        ${fileOf('/etc/nginx/conf.d/my-app.conf')
          .replace('listen 443', `listen 127.0.0.1:${https}`)
          .replace('listen 80', `listen 127.0.0.1:${http}`)
          .replace('Host $host', `Host $host:${https}`)
          .replaceAll('127.0.0.1:3000', `127.0.0.1:${app}`)
          .replaceAll(/\S+\/(fullchain|privkey)\.pem/g, `${folder}/$1.pem`)
          .replaceAll('app.example', 'localhost')}
      }`,
    command: ({ folder }) => ['-p', folder, '-e', 'stderr', '-c', `${folder}/config`],
  },
  caddy: {
    program: Bun.which('caddy'),
    config: ({ folder, app, http, https }) => `
      {
        admin off
        http_port ${http}
        https_port ${https}
      }
      ${fileOf('/etc/caddy/Caddyfile')
        .replace('app.example {', `localhost:${https} {\n tls ${folder}/fullchain.pem ${folder}/privkey.pem`)
        .replace('127.0.0.1:3000', `127.0.0.1:${app}`)}`,
    command: ({ folder }) => ['run', '--adapter', 'caddyfile', '--config', `${folder}/config`],
  },
}

const canSign = Bun.which('openssl') !== null
const installed = Object.entries(proxies).filter(([, { program }]) => program !== null && canSign)
if (installed.length === 0)
  process.stderr.write('No nginx or Caddy with openssl found, so the proxies are not tested.\n')

async function run(...command: string[]) {
  const ran = Bun.spawn(command, { stdout: 'pipe', stderr: 'pipe' })
  const err = await new Response(ran.stderr).text()
  if ((await ran.exited) !== 0) throw new Error(`${command[0]} failed: ${err}`)
}

/** The app in production, and the proxy in front of it. */
async function startBehind({ program, config, command }: Proxy) {
  const folder = tempFolder('proxy')
  const place = { folder, app: findFreePort(), http: findFreePort(), https: findFreePort() }
  const origin = `https://localhost:${place.https}`
  const key = [
    '-newkey',
    'ec',
    '-pkeyopt',
    'ec_paramgen_curve:prime256v1',
    '-nodes',
    '-keyout',
    `${folder}/privkey.pem`,
  ]
  const names = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost']
  await run('openssl', 'req', '-x509', ...key, ...names, '-out', `${folder}/fullchain.pem`)
  await Bun.write(`${folder}/config`, config(place))
  const production = { NODE_ENV: 'production', HOST: '127.0.0.1', APP_URL: origin, TRUST_PROXY: '1' }
  const app = start({ PORT: place.app, ...production })
  await waitUntilListening(app)
  const env = { PATH: process.env.PATH, HOME: folder, XDG_DATA_HOME: folder, XDG_CONFIG_HOME: folder }
  const proxy = Bun.spawn([program ?? '', ...command(place)], { env, stdout: 'pipe', stderr: 'pipe' })
  endAfterwards(proxy)
  const ask = (request: Request) => fetch(request, { redirect: 'manual', tls: { rejectUnauthorized: false } })
  const isUp = () =>
    ask(new Request(`${origin}/healthz`)).then(
      () => true,
      () => proxy.exitCode !== null,
    )
  while (!(await isUp())) await Bun.sleep(20)
  if (proxy.exitCode !== null) throw new Error(await new Response(proxy.stderr).text())
  return { origin, place, app, ask, browser: new Browser(ask, origin) }
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

test.each(installed)('a user signs up, logs in and receives events through %s', async (name, proxy) => {
  const { origin, place, app, ask, browser } = await startBehind(proxy)
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

  app.server.kill('SIGTERM')
  expect(await app.server.exited).toBe(0)
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
