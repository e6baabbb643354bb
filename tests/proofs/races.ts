import { outcomeOf } from './http'
import { secondsSince, table } from './numbers'
import { accountRaces } from './races/accounts'
import { adminRaces } from './races/admins'
import { logoutRaces } from './races/logout'
import type { Outcome, Race } from './races/race'
import { sessionRaces } from './races/sessions'
import { tokenRaces } from './races/tokens'
import { startSite, type ProofSite } from './site'

// What may happen once happens once: `bun run prove:races`. Twenty requests at once, each over a connection of its own, to
// one started server, to one whose database lets others in between any two statements, and to two servers on one database
// file. What came of it is counted in that file and in the answers. `--short`: one round each, and a cheap hash.
const isShort = Bun.argv.includes('--short')
const ROUNDS = isShort ? 1 : 5

const races: Race[] = [...accountRaces, ...sessionRaces, ...tokenRaces, ...adminRaces, ...logoutRaces]

const SITES = [
  { name: 'one', servers: 1 },
  { name: 'one, slowed', servers: 1, isSlow: true },
  { name: 'two', servers: 2 },
]

const tally = (words: string[]) =>
  new Map([...Map.groupBy(words, (word) => word)].map(([word, all]) => [word, all.length]))

/** What is wrong with a round, in sentences. */
function flawsIn({ answers, effects, wanted, exactly = {}, others = [], flaws = [] }: Outcome) {
  const seen = tally(answers.map(outcomeOf))
  const miscounted = Object.entries(exactly).filter(([answer, times]) => (seen.get(answer) ?? 0) !== times)
  const unexpected = [...seen.keys()].filter((answer) => !(answer in exactly) && !others.includes(answer))
  return [
    effects !== wanted && `It had ${effects} effects instead of ${wanted}.`,
    ...miscounted.map(([answer, times]) => `${seen.get(answer) ?? 0} answers were ${answer} instead of ${times}.`),
    ...unexpected.map((answer) => `${seen.get(answer)} answers were ${answer}, which none should be.`),
    ...flaws,
  ].filter((flaw) => flaw !== false)
}

const began = Date.now()
const results = new Map(races.map((race): [Race, Outcome[]] => [race, []]))
const flaws = new Set<string>()

for (const { name, ...settings } of SITES) {
  const site = await startSite({ ...settings, isCheap: isShort })
  try {
    for (const race of races) await run(race, site, name)
  } finally {
    await site.stop()
  }
}

async function run(race: Race, site: ProofSite, servers: string) {
  for (let round = 0; round < ROUNDS; round++) {
    const outcome = await race.round(site)
    results.get(race)?.push(outcome)
    for (const flaw of flawsIn(outcome)) flaws.add(`${race.name} (servers: ${servers}): ${flaw}`)
  }
}

const rows = [...results].map(([{ name }, outcomes]) => {
  const answers = outcomes.flatMap((outcome) => outcome.answers)
  const seen = [...tally(answers.map(outcomeOf))].toSorted(([a], [b]) => a.localeCompare(b))
  const effects = [...new Set(outcomes.map((outcome) => outcome.effects))].join(', ')
  const sums = seen.map(([answer, times]) => `${times} × ${answer}`).join(', ')
  return [name, `${answers.length}`, `${outcomes[0]?.wanted}`, effects, sums]
})
const requests = [...results.values()].flat().flatMap(({ answers }) => answers).length
const sites = SITES.map(({ name }) => name).join('; ')
console.info(table(['what', 'requests', 'may happen', 'happened', 'answers'], rows))
console.info(`\n${ROUNDS} rounds each (servers: ${sites}), ${requests} requests, ${secondsSince(began)} seconds`)
for (const flaw of flaws) console.error(flaw)
if (flaws.size > 0) process.exit(1)
console.info('What may happen once happened once.')
