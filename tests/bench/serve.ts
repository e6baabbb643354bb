import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { Elysia } from 'elysia'
import { createApp } from '@/app'
import { readConfig } from '@/config'
import { openDeps } from '@/deps'

// One of the contestants, on its own process and port: `bun tests/bench/serve.ts KIND PORT`. Its first line tells how to ask it.
const [kind = '', port = ''] = Bun.argv.slice(2)
const listen = { hostname: 'localhost', port: Number(port), reusePort: false }

const config = readConfig({
  PORT: port,
  NODE_ENV: 'production',
  DATABASE_URL: `sqlite:${mkdtempSync(`${tmpdir()}/latchkey-bench-`)}/latchkey.sqlite`,
})
const quiet = () => undefined
const deps = { ...(await openDeps(config)), log: { info: quiet, error: console.error } }
const app = createApp(deps)

const ask = (path: string, init: RequestInit = {}) => app.handle(new Request(`${config.appUrl}${path}`, init))
const ann = new URLSearchParams({ email: 'ann@example.test', name: 'Ann', password: 'correct horse battery' })
await ask('/signup', { method: 'POST', body: ann })
const [session = ''] = (await ask('/login', { method: 'POST', body: ann })).headers
  .getSetCookie()
  .map((line) => line.split(';')[0])

// The floor and the bare framework answer the very bytes of the profile page.
const page = await ask('/profile', { headers: { cookie: session } })
const [bytes, headers] = [await page.text(), page.headers]

const contestants: Record<string, () => unknown> = {
  floor: () => Bun.serve({ ...listen, fetch: () => new Response(bytes, { headers }) }),
  elysia: () => new Elysia().get('/profile', () => new Response(bytes, { headers })).listen(listen),
  latchkey: () => app.listen(listen),
}
contestants[kind]?.()
console.info(JSON.stringify({ cookie: session }))
