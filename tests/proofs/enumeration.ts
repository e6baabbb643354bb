import { mostApart, told } from './bytes'
import { connect } from './http'
import { auc, median, secondsSince, shuffled, table } from './numbers'
import { lockedScenes } from './locked'
import { loginScene, reloginScene, signupScene, type Group, type Scene } from './scenes'
import { startSite, type ProofSite } from './site'

// Whether an account exists is told by nothing: `bun run prove:enumeration`. Asks a started server in each of the ways that
// must not be told apart, one after the other in random order, on one connection, and compares bytes and times. First with
// passwords hashed as they are for real; then with a hash that costs next to nothing, for its noise hides what little the
// rest may differ; and at last where there were too many tries, and nothing is hashed. `--short`: without the first, and
// fewer; the bytes are as strict, and the times are only shown.
const isShort = Bun.argv.includes('--short')
const OPEN = [loginScene, reloginScene, signupScene]
const ALL_RUNS = [
  { hash: 'real', samples: 200, scenes: OPEN },
  { hash: 'cheap', samples: isShort ? 20 : 800, scenes: OPEN },
  { hash: 'none', samples: isShort ? 20 : 800, scenes: lockedScenes },
]
const RUNS = isShort ? ALL_RUNS.slice(1) : ALL_RUNS
const WARM_UP = isShort ? 5 : 40
const REPEATS = 3 // where a time is outside: a machine that others use is noisy, and the median of three says so
const RANGE = [0.4, 0.6] as const // 3.5 standard errors of 200 and 200

type Run = (typeof RUNS)[number]
type Sample = { text: string; took: number }
type Pair = { scene: string; of: [Group, Group]; isByDesign: boolean }
type Measured = Pair & { apart: number; auc: number; ms: [number, number]; hash: string }

let requests = 0

/** Each group so many times, all in random order. */
async function ask({ port }: ProofSite, { name, groups, status }: Scene, firstTurn: number, turns: number) {
  const connection = await connect(port)
  const samples = new Map(groups.map((group): [Group, Sample[]] => [group, []]))
  for (let turn = firstTurn; turn < firstTurn + turns; turn++)
    for (const group of shuffled(groups)) {
      const { typed, ...asked } = group.ask(turn)
      const answer = await connection.ask(asked)
      requests++
      const expected = group.status ?? status // or all might be alike for another reason
      if (answer.status !== expected)
        throw new Error(`${name}: "${group.name}" was answered ${answer.status} instead of ${expected}`)
      samples.get(group)?.push({ text: told(answer, typed), took: answer.took })
    }
  connection.end()
  return (group: Group) => samples.get(group) ?? []
}

const pairsOf = ({ name, groups, byDesign = [] }: Scene): Pair[] =>
  groups.flatMap((one, i) =>
    groups.slice(i + 1).flatMap((other): Pair[] => {
      const isByDesign = byDesign.includes(other.name)
      return isByDesign && i > 0 ? [] : [{ scene: name, of: [one, other], isByDesign }] // said once
    }),
  )

function measure(pair: Pair, { hash }: Run, samplesOf: (group: Group) => Sample[]): Measured {
  const [first, second] = [samplesOf(pair.of[0]), samplesOf(pair.of[1])]
  const times = (samples: Sample[]) => samples.map(({ took }) => took / 1e6)
  const apart = mostApart([...first, ...second].map(({ text }) => text))
  const ms: [number, number] = [median(times(first)), median(times(second))]
  return { ...pair, hash, apart, auc: auc(times(first), times(second)), ms }
}

const isOutside = ({ auc, isByDesign }: Measured) => !isShort && !isByDesign && (auc < RANGE[0] || auc > RANGE[1])

async function prove(site: ProofSite, scene: Scene, run: Run): Promise<Measured[]> {
  await ask(site, scene, 0, WARM_UP)
  const repeats: Measured[][] = []
  for (let i = 0; i < REPEATS; i++) {
    const samplesOf = await ask(site, scene, WARM_UP + i * run.samples, run.samples)
    const measured = pairsOf(scene).map((pair) => measure(pair, run, samplesOf))
    repeats.push(measured)
    if (!measured.some(isOutside)) break
  }
  return pairsOf(scene).flatMap((_, i) => together(repeats.flatMap((repeat) => repeat[i] ?? [])))
}

/** The same pair, measured again and again. */
const together = (same: Measured[]) =>
  same.slice(-1).map((last) => ({
    ...last,
    apart: Math.max(...same.map(({ apart }) => apart)),
    auc: median(same.map((one) => one.auc)),
  }))

async function proveAll(run: Run) {
  const site = await startSite({ isCheap: run.hash !== 'real' })
  const measured: Measured[] = []
  try {
    if (run.hash === 'none') await site.limit(true)
    for (const open of run.scenes) measured.push(...(await prove(site, await open(site), run)))
  } finally {
    await site.stop()
  }
  return measured
}

const began = Date.now()
const results: Measured[] = []
for (const run of RUNS) results.push(...(await proveAll(run)))

const rows = results.map((one) => [
  one.scene,
  `${one.of[0].name} / ${one.of[1].name}`,
  one.hash,
  one.isByDesign ? `${one.apart}, by design` : `${one.apart}`,
  one.auc.toFixed(3),
  ...one.ms.map((ms) => ms.toFixed(2)),
])
console.info(table(['where', 'asked', 'hash', 'bytes that differ', 'AUC', 'ms of the first', 'of the second'], rows))
console.info(`\n${requests} requests, ${secondsSince(began)} seconds`)

const flaws = results.flatMap((one) => {
  const who = `${one.scene}: "${one.of[0].name}" and "${one.of[1].name}" are told apart`
  const byBytes = one.apart > 0 && !one.isByDesign ? [`${who} by ${one.apart} bytes of the answer.`] : []
  const time = `${who} by the time of the answer: AUC ${one.auc.toFixed(3)}, hash: ${one.hash}.`
  return [...byBytes, ...(isOutside(one) ? [time] : [])]
})
for (const flaw of flaws) console.error(flaw)
if (flaws.length > 0) process.exit(1)
console.info('Nothing tells whether an account exists, but for the sentence that sign-up says.')
