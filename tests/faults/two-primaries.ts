import { Browser } from '../support/browser'
import { followLog, start, stopStarted } from '../support/process'
import { createPostgres, createStandby } from '../support/postgres-server'

/**
 * Promotes both standbys of a primary that is lost, as two operators could who do not know of each other. Each then accepts writes
 * that the other one lacks.
 */
export async function promoteTwo() {
  const primary = await createPostgres()
  const servers = [primary]
  try {
    await primary.start()
    const standbys = [await createStandby(primary, 'first'), await createStandby(primary, 'second')] as const
    servers.push(...standbys)
    for (const standby of standbys) await standby.start()
    const hosts = servers.map(({ port }) => `127.0.0.1:${port}`)
    const app = start({ DATABASE_URL: `postgres://postgres@${hosts.join()}/postgres`, LOG_FORMAT: 'json' })
    const log = followLog(app.server)
    await log.logged('listening on http')
    for (const standby of standbys) await standby.promote()
    primary.kill() // as the last one: the app stays with the first server that it finds
    const both = await signUp(app.url, 'both')
    await log.logged(`database not used: ${hosts[1]} and ${hosts[2]} are both primary`)
    await standbys[1].stop()
    await log.logged(`database found: the primary is ${hosts[1]}`)
    return { both, one: await signUp(app.url, 'one') }
  } finally {
    await stopStarted()
    for (const server of servers) await server.end()
  }
}

async function signUp(url: string, name: string) {
  const browser = new Browser((request) => fetch(request, { redirect: 'manual' }), url)
  const form = { email: `${name}@example.test`, name, password: 'tin kettle of cold rain' }
  return (await browser.post('/signup', form)).status
}
