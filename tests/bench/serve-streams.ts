import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { createApp } from '@/app'
import { readConfig } from '@/config'
import { inTransaction, openDeps } from '@/deps'
import { startSession } from '@/model/sessions'
import { createUser } from '@/model/users'

// The server whose streams are counted: `bun tests/bench/serve-streams.ts PORT STREAMS A_USER`. It answers its parent.
const [port = '', streams = '', aUser = ''] = Bun.argv.slice(2)
const config = readConfig({
  PORT: port,
  NODE_ENV: 'production',
  DATABASE_URL: `sqlite:${mkdtempSync(`${tmpdir()}/latchkey-bench-`)}/latchkey.sqlite`,
})
const quiet = () => undefined
const cost = { memory: 8, time: 1 }
const opened = await openDeps({ ...config, passwords: { ...config.passwords, cost } })
const deps = { ...opened, log: { info: quiet, error: console.error }, tell: quiet }
const cookies: string[] = []
const client = { fingerprint: '', userAgent: 'bench', address: '' }

for (let i = 0; i < Number(streams) / Number(aUser); i++) {
  const user = await createUser(deps, {
    email: `user-${i}@example.test`,
    name: 'Ann',
    password: 'correct horse battery',
  })
  if (!user) throw new Error('there is such a user already')
  for (let j = 0; j < Number(aUser); j++) {
    const started = await inTransaction(deps, (deps) =>
      startSession(deps, user, client, { born: 'password', isFresh: true }),
    )
    cookies.push(`session=${started?.token}`)
  }
}

createApp(deps).listen({ hostname: 'localhost', port: Number(port), reusePort: false })

function usage() {
  Bun.gc(true)
  const { user, system } = process.cpuUsage()
  return { rss: process.memoryUsage.rss(), cpu: user + system }
}

process.on('message', (word) => process.send?.(word === 'cookies' ? { ...usage(), cookies } : usage()))
process.send?.('started')
