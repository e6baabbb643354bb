import { openDb, type Db } from '@db/open'
import { startMailServer } from '../support/mail-server'
import { findFreePort, start, waitUntilListening } from '../support/process'
import { queueMails } from '../support/queue-mails'
import { tempDatabase } from '../support/temp'
import { createEmptyDatabase, testServer } from '../support/test-server'

/** Two servers send the mails of one database. Kills one of them again and again, and starts it again. */
export async function killWhileSending(count: number, kills: number) {
  const { port, mails } = await startMailServer()
  const settings = {
    DATABASE_URL: await createDatabase(),
    SECRET_KEYS: 'A'.repeat(43),
    MAIL_URL: `smtp://127.0.0.1:${port}`,
    MAIL_FROM: 'no-reply@example.test',
    LOG_FORMAT: 'json',
  }
  const recipients = Array.from({ length: count }, (_, i) => `person${i}@example.test`)
  await queueMails(settings.DATABASE_URL, 'test', recipients)
  const startServer = async () => {
    const one = start({ ...settings, PORT: findFreePort() })
    await waitUntilListening(one)
    return one.server
  }
  const servers = [await startServer(), await startServer()]
  for (let kill = 1; kill <= kills; kill++) {
    const target = (count * (kill - Math.random() / 2)) / (kills + 1)
    while (mails.length < target) await Bun.sleep(Math.random() * 5)
    const killed = servers.splice(kill % 2, 1)[0]
    killed?.kill('SIGKILL')
    await killed?.exited
    servers.push(await startServer())
  }
  const db = await openDb(settings.DATABASE_URL)
  await endAll(servers, () => countMails(db, 'free'))
  await db.updateTable('mails').set({ lease_expires_at: 0 }).execute() // as after two minutes
  await endAll([await startServer()], () => countMails(db, 'all'))
  await db.destroy()
  const copies = Map.groupBy(mails, ({ to }) => to.join())
  return {
    arrived: copies.size,
    lost: recipients.filter((to) => !copies.has(to)),
    repeated: mails.length - copies.size,
  }
}

/** With TEST_POSTGRES, a database of that server. */
const createDatabase = async () => (testServer ? createEmptyDatabase(testServer) : `sqlite:${tempDatabase('mails')}`)

async function countMails(db: Db, which: 'free' | 'all') {
  const waiting = db.selectFrom('mails').select('id').where('sent_at', 'is', null).where('failed_at', 'is', null)
  const counted = which === 'all' ? waiting : waiting.where('lease_expires_at', '=', 0)
  return (await counted.orderBy('id').execute()).length
}

async function endAll(servers: Bun.Subprocess[], countWaiting: () => Promise<number>) {
  while ((await countWaiting()) !== 0) await Bun.sleep(20)
  for (const server of servers) server.kill('SIGTERM')
  await Promise.all(servers.map((server) => server.exited))
}
