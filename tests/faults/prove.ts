import { seconds } from '@/lib/duration'
import { stopMailServers } from '../support/mail-server'
import { hasPostgres } from '../support/postgres-server'
import { stopStarted } from '../support/process'
import { dropDatabases, testServer } from '../support/test-server'
import { stopWithPending } from './drains'
import { factorChanges } from './factor-changes'
import { killFactorChanges } from './factor-kills'
import { killFirstStarts } from './first-starts'
import { fillDisk } from './full-disk'
import { sendHostilePasskeys } from './hostile-passkeys'
import { killUnderLoad } from './kills'
import { holdLock } from './locks'
import { killWhileSending } from './mail-kills'
import { faultPostgres } from './postgres'

// `bun run prove:faults` prints a table of injected faults and results. `--short` runs a part of it.
const isShort = Bun.argv.includes('--short')
const KILLS = isShort ? 3 : 50
const [MAILS, MAIL_KILLS] = isShort ? [150, 3] : [1500, 14]
const STEP = isShort ? 40 : 1 // in statements of a first start
const CHANGE_STEP = isShort ? 25 : 1
const MAX_REFUSAL_TIME = 50 // of the processor
const MAX_READ_TIME = seconds(1) // generous, because other programs may use the machine

const everyStatement = (step: number) => (step === 1 ? 'at each statement' : `at every ${step}th statement`)
const ms = (n: number) => `${Math.round(n)} ms`
let failures = 0

function row(fault: string, figures: string, isExpected: boolean) {
  if (!isExpected) failures++
  console.info(`| ${fault} | ${figures} | ${isExpected ? 'yes' : 'NO'} |`)
}

console.info('| fault | figures | as expected |\n| --- | --- | --- |')

const rounds = await killUnderLoad(KILLS)
const lost = rounds.flatMap((round) => round.lost)
const checked = rounds.reduce((sum, round) => sum + round.checked, 0)
const slowest = Math.max(...rounds.map(({ restart }) => restart))
row(
  `\`kill -9\` under load, ${KILLS} times`,
  `${checked} answered changes checked, ${lost.length} lost; slowest restart ${ms(slowest)}`,
  lost.length === 0 && checked > KILLS,
)

const sent = await killWhileSending(MAILS, MAIL_KILLS)
row(
  `\`kill -9\` while two servers send ${MAILS} mails, ${MAIL_KILLS} times`,
  `${sent.arrived} mails arrived, ${sent.lost.length} lost, ${sent.repeated} copies`,
  sent.lost.length === 0 && sent.repeated <= 5 * MAIL_KILLS,
)

const starts = await killFirstStarts(STEP)
row(
  `\`kill -9\` in a first start, ${everyStatement(STEP)}`,
  `${starts.kills} kills, ${starts.lost.length} that the next start did not complete`,
  starts.lost.length === 0,
)

const changes = await killFactorChanges(CHANGE_STEP)
row(
  `\`kill -9\` in ${factorChanges.length} changes of second factors, ${everyStatement(CHANGE_STEP)}`,
  `${changes.kills} kills: ${changes.before} changed nothing, ${changes.after} everything, ${changes.lost.length} lost or incomplete`,
  changes.lost.length === 0 && changes.kills > factorChanges.length,
)

const hostile = await sendHostilePasskeys()
const refused = hostile.measured.filter(({ status }) => status === 422).length
row(
  'passkeys that are bombs or old',
  `${refused} of ${hostile.measured.length} refused; slowest ${ms(hostile.slowest.ms)} of processor time (${hostile.slowest.name})`,
  refused === hostile.measured.length && hostile.slowest.ms < MAX_REFUSAL_TIME && hostile.code === 0,
)

for (const [held, status] of [
  [seconds(1), 303],
  [seconds(5), 503],
] as const) {
  const { write, page, probe, code } = await holdLock(held)
  row(
    `another process locks the database for ${held / seconds(1)} s`,
    `a write: ${write.status} after ${ms(write.ms)}; slowest page ${ms(page.ms)}, slowest probe ${ms(probe.ms)}`,
    [write.status, page.status, probe.status, code].join() === [status, 200, 200, 0].join() &&
      write.ms < seconds(3) &&
      Math.max(page.ms, probe.ms) < MAX_READ_TIME,
  )
}

const disk = await fillDisk()
row(
  'a disk that is full, and later is not',
  `after ${disk.before} sign-ups: ${disk.status}; a page: ${disk.page}; once there is room: ${disk.after}`,
  [disk.status, disk.page, disk.after, disk.code].join() === '503,200,303,0',
)

const drained = await stopWithPending(50, 'soon')
row(
  'SIGTERM with 50 open requests',
  `${drained.answered} answered; exit code ${drained.code} after ${ms(drained.ms)}`,
  drained.answered === 50 && drained.code === 0,
)

if (!isShort) {
  const endless = await stopWithPending(1, 'never')
  row(
    'SIGTERM with a request that never ends',
    `exit code ${endless.code} after ${ms(endless.ms)}`,
    endless.code === 1 && endless.ms < seconds(12),
  )
}

if (hasPostgres) for (const { name, figures, isExpected } of await faultPostgres()) row(name, figures, isExpected)
else console.info('PostgreSQL: not tested (it is not installed)')

await stopStarted()
await stopMailServers()
if (testServer) await dropDatabases(testServer)
for (const message of [...lost, ...sent.lost, ...starts.lost, ...changes.lost]) console.error(message)
process.exit(failures === 0 ? 0 : 1)
