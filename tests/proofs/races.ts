import { outcomeOf, type Answer } from './http'
import { secondsSince, table } from './numbers'
import { accountRaces } from './races/accounts'
import { addressRaces } from './races/addresses'
import { adminRaces } from './races/admins'
import { factorResetRaces } from './races/factor-resets'
import { factorRaces } from './races/factors'
import { linkRaces } from './races/links'
import { logoutRaces } from './races/logout'
import { passkeyRaces } from './races/passkeys'
import { BUSY, type Outcome, type Race } from './races/race'
import { secondStepRaces } from './races/second-steps'
import { sessionRaces } from './races/sessions'
import { tokenRaces } from './races/tokens'
import { isSelected } from './selected'
import { findFreePort } from '../support/process'
import { startSite, type ProofSite } from './site'

// `bun run prove:races` checks that single-use operations happen once. It sends 20 requests at once, each over its own
// connection, to one server, to one server with a slow database, and to two servers on one database. With TEST_POSTGRES, the
// URL of a PostgreSQL server, it sends them to two servers there, also with random pauses between their statements. Then it
// counts the effects in the database and in the responses. `--short` runs one round each with a cheap hash,
// and `--only=TEXT` the operations whose name contains the text.
const isShort = Bun.argv.includes('--short')
const ROUNDS = isShort ? 1 : 5
const ATTEMPTS = 3

const races: Race[] = [
  ...accountRaces,
  ...addressRaces,
  ...sessionRaces,
  ...tokenRaces,
  ...linkRaces,
  ...secondStepRaces,
  ...passkeyRaces,
  ...factorRaces,
  ...factorResetRaces,
  ...adminRaces,
  ...logoutRaces,
].filter(({ name }) => isSelected(name))

const postgres = process.env.TEST_POSTGRES
const SITES: { name: string; servers: number; isSlow?: boolean; postgres?: string }[] = postgres
  ? [
      { name: 'two, PostgreSQL', servers: 2, postgres },
      { name: 'two, PostgreSQL, slowed', servers: 2, isSlow: true, postgres },
    ]
  : [
      { name: 'one', servers: 1 },
      { name: 'one, slowed', servers: 1, isSlow: true },
      { name: 'two', servers: 2 },
    ]

const countEqual = (values: string[]) =>
  new Map([...Map.groupBy(values, (value) => value)].map(([value, all]) => [value, all.length]))

const isBusy = ({ status }: Answer) => status === BUSY

/** A response that is `BUSY` may replace an expected one. */
function listFailures({ answers, effects, allowed, exactly = {}, others = [], failures = [] }: Outcome) {
  const seen = countEqual(answers.map(outcomeOf))
  const busy = answers.filter(isBusy).length
  const miscounted = Object.entries(exactly).filter(([answer, times]) => {
    const missing = times - (seen.get(answer) ?? 0)
    return missing < 0 || missing > busy
  })
  const known = [...Object.keys(exactly), ...others, `${BUSY}`]
  const unexpected = [...seen.keys()].filter((answer) => !known.includes(answer))
  return [
    effects !== allowed && `${effects} effects instead of ${allowed}`,
    ...miscounted.map(([answer, times]) => `${seen.get(answer) ?? 0} responses were ${answer} instead of ${times}`),
    ...unexpected.map((answer) => `${seen.get(answer)} unexpected responses ${answer}`),
    ...failures,
  ].filter((failure) => failure !== false)
}

const startedAt = Date.now()
const results = new Map(races.map((race): [Race, Outcome[]] => [race, []]))
const failures = new Set<string>()

for (const { name, ...settings } of SITES) {
  const mailUrl = `smtp://127.0.0.1:${findFreePort()}`
  const site = await startSite({ ...settings, isCheap: isShort, mailUrl, verification: 'optional' })
  try {
    for (const race of races) await run(race, site, name)
  } finally {
    await site.stop()
  }
}

/** At once, because a run takes minutes. */
function report(failure: string) {
  if (!failures.has(failure)) console.error(failure)
  failures.add(failure)
}

async function run(race: Race, site: ProofSite, servers: string) {
  for (let round = 0; round < ROUNDS; round++) {
    const outcome = await runRound(race, site, servers)
    results.get(race)?.push(outcome)
    for (const failure of listFailures(outcome)) report(`${race.name} (servers: ${servers}): ${failure}`)
  }
}

/** Again if the database was too busy: the decisive request, or too many of the others, had no effect. */
async function runRound(race: Race, site: ProofSite, servers: string) {
  for (let attempt = 1; ; attempt++) {
    const outcome = await race.round(site)
    const { isUndecided = outcome.answers.some(isBusy) } = outcome
    const failures = listFailures(outcome)
    if (failures.length === 0 || !isUndecided || attempt === ATTEMPTS) return outcome
    console.info(`${race.name} (servers: ${servers}): again, because the database was busy: ${failures.join('; ')}`)
  }
}

const rows = [...results].map(([{ name }, outcomes]) => {
  const answers = outcomes.flatMap((outcome) => outcome.answers)
  const seen = [...countEqual(answers.map(outcomeOf))].toSorted(([a], [b]) => a.localeCompare(b))
  const effects = [...new Set(outcomes.map((outcome) => outcome.effects))].join(', ')
  const sums = seen.map(([answer, times]) => `${times} × ${answer}`).join(', ')
  return [name, `${answers.length}`, `${outcomes[0]?.allowed}`, effects, sums]
})
const requests = [...results.values()].flat().flatMap(({ answers }) => answers).length
const sites = SITES.map(({ name }) => name).join('; ')
console.info(table(['operation', 'requests', 'allowed', 'occurred', 'responses'], rows))
console.info(`\n${ROUNDS} rounds each (servers: ${sites}), ${requests} requests, ${secondsSince(startedAt)} seconds`)
if (failures.size > 0) process.exit(1)
console.info('Every operation happened as often as allowed.')
