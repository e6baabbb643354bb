import { engineOf, setEngine } from '@db/engine/engine'
import { openDb, type Db } from '@db/open'
import { createLockQueue } from '@db/postgres/locks'
import { openPostgres } from '@db/postgres/open'
import type { Schema } from '@db/schema'
import { createApp } from '@/app'
import { publishEvent } from '@/deps/publish-event'
import type { Deps } from '@/deps/deps'
import { minutes } from '@/lib/duration'
import { Browser } from './browser'
import { createMigratedDatabase, testServer } from './databases'
import { logInAs, type Wanted } from './log-in-as'
import { createPeople } from './people'
import { openSite, type Site } from './site'
import { tempDatabase } from './temp'

const opened: { db: Db; stop(): void }[] = []

/** Call it in `afterEach` of each file. */
export async function closeNodes() {
  for (const { db, stop } of opened.splice(0)) {
    stop()
    await db.destroy()
  }
}

/** The URL of a new database that several processes can open. */
export const sharedDatabase = async () =>
  testServer ? createMigratedDatabase(testServer) : `sqlite:${tempDatabase('nodes')}`

/**
 * A site and two nodes on one database, like processes: each has connections of its own. They share a clock to advance.
 * On PostgreSQL, the nodes wait as long as a busy machine needs, and the site has the deadlines of production.
 */
export async function openNodes(env: Record<string, string> = {}) {
  const url = await sharedDatabase()
  const site = await createPeople(await openSite({ ...env, DATABASE_URL: url }))
  opened.push({ db: site.deps.db, stop: () => undefined })
  return { ...site, url, a: await openNode(site, url), b: await openNode(site, url) }
}

function openPatiently(url: string) {
  const { db, engine } = openPostgres<Schema>([url], { pool: 3, isBatch: true })
  setEngine(db, { ...engine, queueForLocks: createLockQueue(minutes(1)) })
  return db
}

async function openNode(site: Site, url: string) {
  const db = testServer ? openPatiently(url) : await openDb(url)
  const { channel } = engineOf(db)
  const emit = (event: Parameters<Deps['emit']>[0]) => publishEvent(channel, event)
  const { app, auth } = createApp({ ...site.deps, db, channel, emit })
  opened.push({ db, stop: auth.streams.close })
  const browser = (userAgent?: string) =>
    new Browser((request) => app.handle(request), site.deps.config.appUrl, userAgent)
  return {
    app,
    auth,
    browser,
    deps: auth.deps,
    as: (person: { email: string }, wanted?: Wanted) => logInAs(auth, browser(), person, wanted),
  }
}
