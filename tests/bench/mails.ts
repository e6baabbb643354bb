import { startMailServer, stopMailServers } from '../support/mail-server'
import { queueMails } from '../support/queue-mails'
import { emailOf } from './accounts'
import { PAGE_AT_LOW_RATE, pageAtLowRate } from './logins'
import { medianOf } from './pages'
import type { Plan } from './plan'
import { load, startSite } from './processes'
import { atMost, type Row } from './table'

/** (g) while the server sends mails: each creates a token and is recorded durably. */
export async function measureMails(database: string, plan: Plan): Promise<Row[]> {
  const { rounds, mails: count, users } = plan
  const { port, mails } = await startMailServer()
  const site = await startSite(database, {
    MAIL_URL: `smtp://127.0.0.1:${port}`,
    MAIL_FROM: 'no-reply@app.example',
  })
  const page = pageAtLowRate(plan)
  const recipients = Array.from({ length: count }, (_, i) => emailOf(i % users.small))
  const [quiet, busy] = [[] as Awaited<ReturnType<typeof load>>[], [] as Awaited<ReturnType<typeof load>>[]]
  for (let round = 1; round <= rounds; round++) {
    quiet.push(await load(site, page))
    await queueMails(`sqlite:${database}`, 'reset-password', recipients)
    while (mails.length === (round - 1) * count) await Bun.sleep(1)
    busy.push(await load(site, page))
    while (mails.length < round * count) await Bun.sleep(10)
  }
  await Promise.all([site.stop(), stopMailServers()])
  const [alone, loaded] = [medianOf(quiet), medianOf(busy)]
  const ratio = loaded.p99 / alone.p99
  return [
    {
      id: 'g mails',
      what: `${PAGE_AT_LOW_RATE}, while ${count.toLocaleString('en')} mails are sent`,
      value: loaded.p99,
      unit: 'ms p99',
      of: 'its quiet p99',
      ratio,
      p50: loaded.p50,
      p99: loaded.p99,
      ...atMost(3, ratio),
    },
  ]
}
