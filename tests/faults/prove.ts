import { seconds } from '@/lib/duration'
import { stopStarted } from '../support/process'
import { stopInFlight } from './drains'
import { killFirstStarts } from './first-starts'
import { fillTheDisk } from './full-disk'
import { killUnderLoad } from './kills'
import { holdTheLock } from './locks'

// What started servers do when something fails, as a table: `bun run prove:faults`, or with `--short` for a part of it.
const isShort = Bun.argv.includes('--short')
const KILLS = isShort ? 3 : 50
const EVERY = isShort ? 20 : 1 // statement of a first start
const SOON = seconds(1) // in which a read or a probe has to be answered on a machine that does other things, too

const ms = (n: number) => `${Math.round(n)} ms`
let failures = 0

function row(fault: string, figures: string, isRight: boolean) {
  if (!isRight) failures++
  console.info(`| ${fault} | ${figures} | ${isRight ? 'yes' : 'NO'} |`)
}

console.info('| fault | figures | as it should be |\n| --- | --- | --- |')

const rounds = await killUnderLoad(KILLS)
const lost = rounds.flatMap((round) => round.lost)
const checked = rounds.reduce((sum, round) => sum + round.checked, 0)
const slowest = Math.max(...rounds.map(({ restart }) => restart))
row(
  `\`kill -9\` under load, ${KILLS} times`,
  `${checked} promises that were answered checked, ${lost.length} lost; slowest restart ${ms(slowest)}`,
  lost.length === 0 && checked > KILLS,
)

const starts = await killFirstStarts(EVERY)
row(
  `\`kill -9\` in a first start, ${EVERY === 1 ? 'at each statement' : `at every ${EVERY}th statement`}`,
  `${starts.kills} kills, ${starts.lost.length} that the next start did not make good`,
  starts.lost.length === 0,
)

for (const [held, status] of [
  [seconds(1), 303],
  [seconds(5), 503],
] as const) {
  const { write, page, probe, code } = await holdTheLock(held)
  row(
    `another process holds the database for ${held / seconds(1)} s`,
    `a write: ${write.status} after ${ms(write.ms)}; slowest page ${ms(page.ms)}, slowest probe ${ms(probe.ms)}`,
    [write.status, page.status, probe.status, code].join() === [status, 200, 200, 0].join() &&
      write.ms < seconds(3) &&
      Math.max(page.ms, probe.ms) < SOON,
  )
}

const disk = await fillTheDisk()
row(
  'a disk that is full, and later is not',
  `after ${disk.before} sign-ups: ${disk.status}; a page: ${disk.page}; once there is room: ${disk.after}`,
  [disk.status, disk.page, disk.after, disk.code].join() === '503,200,303,0',
)

const drained = await stopInFlight(50, 'soon')
row(
  'SIGTERM with 50 requests on their way',
  `${drained.answered} answered; ended with ${drained.code} after ${ms(drained.ms)}`,
  drained.answered === 50 && drained.code === 0,
)

if (!isShort) {
  const endless = await stopInFlight(1, 'never')
  row(
    'SIGTERM with a request that never ends',
    `ended with ${endless.code} after ${ms(endless.ms)}`,
    endless.code === 1 && endless.ms < seconds(12),
  )
}

await stopStarted()
for (const what of [...lost, ...starts.lost]) console.error(what)
process.exit(failures === 0 ? 0 : 1)
