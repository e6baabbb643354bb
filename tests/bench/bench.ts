import { copyFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { sessionToken, USER_AGENT } from './accounts'
import { filledDatabase, FOLDER } from './fill'
import { measureLogins, measureLoginLoad } from './logins'
import { measureMails } from './mails'
import { measurePages } from './pages'
import { planOf } from './plan'
import { startPlain, startSessionApp, startSite, type Server } from './processes'
import { measurePostgres, ratesTableOf, roundTripsTableOf } from './postgres'
import { publish, publishPostgres } from './publish'
import { measureSizes } from './sizes'
import { measureStarts } from './starts'
import { measureStreams } from './streams'
import { measureRetention } from './retention'
import { listErrors, machine, tableOf, type Row } from './table'
import { measureTransfer } from './transfer'
import { tempFolder } from '../support/temp'

// Everything is measured on one machine in one run, so that the ratios are valid on other machines.
const { values } = parseArgs({
  args: Bun.argv.slice(2),
  options: {
    short: { type: 'boolean', default: false },
    users: { type: 'string' },
    json: { type: 'string', default: `${FOLDER}/latest.json` },
    publish: { type: 'boolean', default: false },
    postgres: { type: 'string' },
  },
})
const plan = planOf(values.short, values.users === undefined ? undefined : Number(values.users))

const folder = tempFolder('bench')
const small = `${folder}/small.sqlite`
copyFileSync(await filledDatabase(plan.users.small), small) // logins change it

if (values.postgres !== undefined) {
  const measured = await measurePostgres(values.postgres, small, plan)
  console.info(`${ratesTableOf(measured.rates)}\n\n${roundTripsTableOf(measured.roundTrips)}`)
  if (values.publish) await publishPostgres(ratesTableOf(measured.rates), roundTripsTableOf(measured.roundTrips))
  process.exit()
}

const site = await startSite(small)
const page = `${folder}/page.json`
await savePage(site, page)
const [floor, elysia] = [await startPlain('floor', page), await startPlain('elysia', page)]
const own = `${folder}/session-app.sqlite`
copyFileSync(await filledDatabase(plan.users.small), own)
const sessionApp = await startSessionApp(page, own)

const rows: Row[] = []
const measure = async (name: string, measured: Promise<Row[]>) => {
  rows.push(...(await measured))
  process.stderr.write(`measured: ${name}\n`)
}
await measure('transfer sizes', measureTransfer(site))
await measure('pages', measurePages({ site, floor, elysia, sessionApp }, plan))
await Promise.all([floor.stop(), elysia.stop(), sessionApp.stop()])
await measure('logins', measureLogins(site, plan))
await measure('login load', measureLoginLoad(site, plan))
await measure('retention', measureRetention(folder, plan))
await site.stop()
await measure('mails', measureMails(small, plan))
await measure('streams', measureStreams(small, plan))
await measure('large database', measureSizes(small, plan))
await measure('start', measureStarts(small, plan))

rows.sort((a, b) => (a.id[0] ?? '').localeCompare(b.id[0] ?? ''))
console.info(tableOf(rows))
await Bun.write(
  values.json,
  `{"machine":${JSON.stringify(machine())},"rows":[\n${rows.map((row) => JSON.stringify(row)).join(',\n')}\n]}\n`,
)
process.stderr.write(`JSON: ${values.json}\n`)

const errors = listErrors(rows)
if (errors.length > 0) throw new Error(`incomplete table: ${errors.join('; ')}`)
if (values.publish) await publish(rows)

/** Saves the profile page for the servers that send a constant response. */
async function savePage({ port }: Server, path: string) {
  const headers = { cookie: `session=${sessionToken(0)}`, 'user-agent': USER_AGENT, 'accept-encoding': 'identity' }
  const response = await fetch(`http://localhost:${port}/profile`, { headers, redirect: 'error' })
  await Bun.write(
    path,
    JSON.stringify({
      body: await response.text(),
      headers: [...response.headers].filter(([name]) => !/^(date|content-length)$/.test(name)),
    }),
  )
}
