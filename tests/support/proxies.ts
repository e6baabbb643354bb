import { Browser } from './browser'
import { endAfterwards, findFreePort } from './process'
import { tempFolder } from './temp'

// nginx and Caddy in front of nodes, with free ports and a certificate of the test.

type Place = {
  /** The configuration for app.example on 127.0.0.1:3000. */ text: string
  folder: string
  apps: string[]
  http: string
  https: string
}
export type Proxy = { program: string | null; config: (place: Place) => string; command: (place: Place) => string[] }

const user = process.getuid?.() === 0 ? 'user root;' : ''

/** Replaces the example's address with those of the nodes: as a list of servers for nginx, in one line for Caddy. */
const EXAMPLE = '127.0.0.1:3000'

const proxies: Record<string, Proxy> = {
  nginx: {
    program: Bun.which('nginx', { PATH: `${process.env.PATH}:/usr/sbin` }),
    config: ({ text, folder, apps, http, https }) => `
      ${user} daemon off; master_process off; pid ${folder}/pid; error_log stderr; events {}
      http {
        access_log off;
        ${['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map((name) => `${name}_temp_path ${folder}/${name};`).join('\n')}
        ${text
          .replace('listen 443', `listen 127.0.0.1:${https}`)
          .replace('listen 80', `listen 127.0.0.1:${http}`)
          .replace('Host $host', `Host $host:${https}`)
          .replace(`server ${EXAMPLE}`, apps.map((app) => `server 127.0.0.1:${app}`).join(' max_fails=0; '))
          .replaceAll(/\S+\/(fullchain|privkey)\.pem/g, `${folder}/$1.pem`)
          .replaceAll('app.example', 'localhost')}
      }`,
    command: ({ folder }) => ['-p', folder, '-e', 'stderr', '-c', `${folder}/config`],
  },
  caddy: {
    program: Bun.which('caddy'),
    config: ({ text, folder, apps, http, https }) => `
      {
        admin off
        http_port ${http}
        https_port ${https}
      }
      ${text
        .replace('app.example {', `localhost:${https} {\n tls ${folder}/fullchain.pem ${folder}/privkey.pem`)
        .replace(EXAMPLE, apps.map((app) => `127.0.0.1:${app}`).join(' '))}`,
    command: ({ folder }) => ['run', '--adapter', 'caddyfile', '--config', `${folder}/config`],
  },
}

const canSign = Bun.which('openssl') !== null
export const installedProxies = Object.entries(proxies).filter(([, { program }]) => program !== null && canSign)
if (installedProxies.length === 0)
  process.stderr.write('No nginx or Caddy with openssl found, so the proxies are not tested.\n')

export async function run(...command: string[]) {
  const ran = Bun.spawn(command, { stdout: 'pipe', stderr: 'pipe' })
  const err = await new Response(ran.stderr).text()
  if ((await ran.exited) !== 0) throw new Error(`${command[0]} failed: ${err}`)
}

/** The proxy in front of `count` nodes, which `startNode` starts with these settings. */
export async function startBehind<Node>(
  { program, config, command }: Proxy,
  text: string,
  startNode: (env: Record<string, string>) => Promise<Node>,
  count = 1,
) {
  const folder = tempFolder('proxy')
  const apps = Array.from({ length: count }, findFreePort)
  const place = { text, folder, apps, http: findFreePort(), https: findFreePort() }
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
  const nodes = []
  for (const PORT of apps) nodes.push(await startNode({ ...production, PORT }))
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
  return { origin, place, nodes, ask, browser: () => new Browser(ask, origin) }
}
