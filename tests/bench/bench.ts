import { copyFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { sessionToken, USER_AGENT } from './crowd'
import { filled, FOLDER } from './fill'
import { measureLogins, measureStorm } from './logins'
import { measurePages } from './pages'
import { planOf } from './plan'
import { startPlain, startSessionApp, startSite, type Server } from './processes'
import { publish } from './publish'
import { measureSizes } from './sizes'
import { measureStarts } from './starts'
import { measureStreams } from './streams'
import { measureSweeps } from './retention'
import { flawsIn, machine, tableOf, type Row } from './table'
import { measureWire } from './wire'
import { tempFolder } from '../support/temp'

// How fast it answers, side by side on one machine in one run, so that the ratios hold where the figures do not.
const { values } = parseArgs({
  args: Bun.argv.slice(2),
  options: {
    short: { type: 'boolean', default: false },
    users: { type: 'string' },
    json: { type: 'string', default: `${FOLDER}/latest.json` },
    publish: { type: 'boolean', default: false },
  },
})
const plan = planOf(values.short, values.users === undefined ? undefined : Number(values.users))

const folder = tempFolder('bench')
const small = `${folder}/small.sqlite`
copyFileSync(await filled(plan.users.small), small) // logins leave their traces in it

const site = await startSite(small)
const page = `${folder}/page.json`
await savePage(site, page)
const [floor, elysia] = [await startPlain('floor', page), await startPlain('elysia', page)]
const own = `${folder}/session-app.sqlite`
copyFileSync(await filled(plan.users.small), own)
const sessionApp = await startSessionApp(page, own)

const rows: Row[] = []
const answer = async (name: string, measured: Promise<Row[]>) => {
  rows.push(...(await measured))
  process.stderr.write(`measured: ${name}\n`)
}
await answer('the wire', measureWire(site))
await answer('each page', measurePages({ site, floor, elysia, sessionApp }, plan))
await Promise.all([floor.stop(), elysia.stop(), sessionApp.stop()])
await answer('the login', measureLogins(site, plan))
await answer('the storm', measureStorm(site, plan))
await answer('the sweeps', measureSweeps(folder, plan))
await site.stop()
await answer('the streams', measureStreams(small, plan))
await answer('the large database', measureSizes(small, plan))
await answer('the start', measureStarts(small, plan))

rows.sort((a, b) => (a.id[0] ?? '').localeCompare(b.id[0] ?? ''))
console.info(tableOf(rows))
await Bun.write(
  values.json,
  `{"machine":${JSON.stringify(machine())},"rows":[\n${rows.map((row) => JSON.stringify(row)).join(',\n')}\n]}\n`,
)
process.stderr.write(`The same as JSON: ${values.json}\n`)

const flaws = flawsIn(rows)
if (flaws.length > 0) throw new Error(`the table is not whole: ${flaws.join('; ')}`)
if (values.publish) await publish(rows)

/** The profile page as it is sent, for those who answer with a constant. */
async function savePage({ port }: Server, path: string) {
  const headers = { cookie: `session=${sessionToken(0)}`, 'user-agent': USER_AGENT }
  const answer = await fetch(`http://localhost:${port}/profile`, { headers, redirect: 'error' })
  await Bun.write(
    path,
    JSON.stringify({
      body: await answer.text(),
      headers: [...answer.headers].filter(([name]) => !/^(date|content-length)$/.test(name)),
    }),
  )
}
