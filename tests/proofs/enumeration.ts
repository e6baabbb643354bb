import { comparable, maxDifferentBytes } from './bytes'
import { connect } from './http'
import { auc, median, secondsSince, shuffled, table } from './numbers'
import { limitedScenes } from './limited'
import {
  changeCodeScene,
  changeEmailScene,
  codeScene,
  confirmedSignupScene,
  forgotPasswordScene,
  loginCodeScene,
  loginScene,
  reloginScene,
  sendLoginCodeScene,
  signupScene,
  unverifiedLoginScene,
  type Group,
  type NamedScene,
  type Scene,
} from './scenes'
import { lostPageScene, lostRequestScene, passkeyOptionsScene } from './factor-scenes'
import { isSelected } from './selected'
import { startMailServer, startScriptedServer, stopMailServers } from '../support/mail-server'
import { findFreePort } from '../support/process'
import { startSite, type ProofSite } from './site'

// `bun run prove:enumeration` checks that no response reveals whether an account exists. It sends requests that must be
// indistinguishable, in random order on one connection, and compares bytes and times: with the real hash, with a cheap hash
// (the noise of the real one hides small differences), and over the limits, where nothing is hashed. `--short` omits the
// real hash, takes fewer samples and does not judge the times. `--only=TEXT` runs the scenes whose name and hash, as in
// `login, real hash`, contain the text. With TEST_POSTGRES, the URL of a PostgreSQL server, the database is there.
type MailState = 'up' | 'refusing' | 'silent'
type Run = {
  hash: 'real' | 'cheap' | 'none'
  samples: number
  scenes: NamedScene[]
  /** The state of the mail server; mail is off without one. */
  mail?: MailState
}

const isShort = Bun.argv.includes('--short')
const UNLIMITED: NamedScene[] = [
  { name: 'login', prepare: loginScene },
  { name: 're-login', prepare: reloginScene },
  { name: 'sign-up', prepare: signupScene },
  { name: 'options of a login by passkey', prepare: passkeyOptionsScene },
]
/** A mail server makes `EMAIL_VERIFICATION=required` the default. */
const withMail = (state: MailState): Run => {
  const [isUp, server] = [state === 'up', `mail server ${state}`]
  const scenes: NamedScene[] = [
    { name: `change of address, ${server}`, prepare: changeEmailScene },
    { name: `forgot password, ${server}`, prepare: forgotPasswordScene },
    { name: `sign-up to confirm, ${server}`, prepare: confirmedSignupScene },
    { name: `request of a login code, ${server}`, prepare: sendLoginCodeScene },
    { name: `login with an unverified address, ${server}`, prepare: unverifiedLoginScene },
    { name: `page for lost factors, ${server}`, prepare: lostPageScene },
    { name: `request for lost factors, ${server}`, prepare: lostRequestScene },
  ]
  const code = { name: `code page, ${server}`, prepare: codeScene(isUp) }
  const changeCode = { name: `code of a change of address, ${server}`, prepare: changeCodeScene(isUp) }
  const loginCode = { name: `login by code, ${server}`, prepare: loginCodeScene(isUp) }
  // Their codes are sent before thousands of other mails wait, or not at all.
  const ordered = isUp ? [loginCode, code, changeCode, ...scenes] : [...scenes, code, changeCode, loginCode]
  return { hash: 'cheap', samples: isShort ? 10 : 300, scenes: ordered, mail: state }
}
const ALL_RUNS: Run[] = [
  { hash: 'real', samples: 200, scenes: UNLIMITED },
  { hash: 'cheap', samples: isShort ? 10 : 800, scenes: UNLIMITED },
  { hash: 'none', samples: isShort ? 10 : 800, scenes: limitedScenes },
  withMail('up'),
  withMail('refusing'),
  withMail('silent'),
]
const RUNS = (isShort ? ALL_RUNS.slice(1) : ALL_RUNS)
  .map((run) => ({ ...run, scenes: run.scenes.filter(({ name }) => isSelected(`${name}, ${run.hash} hash`)) }))
  .filter(({ scenes }) => scenes.length > 0)
const WARM_UP = isShort ? 2 : 40
const REPEATS = 3 // if a time is out of range: other programs on the machine cause noise, so the median counts
const RANGE = [0.4, 0.6] as const // 3.5 standard errors of 200 samples each

type Sample = { text: string; took: number }
type Pair = { scene: string; of: [Group, Group]; isByDesign: boolean }
type Measured = Pair & { bytes: number; auc: number; ms: [number, number]; hash: string }

let requests = 0

async function takeSamples({ port }: ProofSite, { name, groups, status, before }: Scene, first: number, count: number) {
  const connection = await connect(port)
  const samples = new Map(groups.map((group): [Group, Sample[]] => [group, []]))
  for (let i = first; i < first + count; i++) {
    await before?.(i)
    for (const group of shuffled(groups)) {
      const { typed, ...request } = group.ask(i)
      const answer = await connection.ask(request)
      requests++
      const expected = group.status ?? (typeof status === 'number' ? status : status(i)) // otherwise all responses could be the same error
      if (answer.status !== expected)
        throw new Error(`${name}: "${group.name}" returned ${answer.status} instead of ${expected}`)
      samples.get(group)?.push({ text: comparable(answer, typed), took: answer.took })
    }
  }
  connection.end()
  return (group: Group) => samples.get(group) ?? []
}

const pairsOf = ({ name, groups, byDesign = [] }: Scene): Pair[] =>
  groups.flatMap((one, i) =>
    groups.slice(i + 1).flatMap((other): Pair[] => {
      const isByDesign = byDesign.includes(other.name)
      return isByDesign && i > 0 ? [] : [{ scene: name, of: [one, other], isByDesign }] // compared with the first group only
    }),
  )

function measure(pair: Pair, { hash }: Run, samplesOf: (group: Group) => Sample[]): Measured {
  const [first, second] = [samplesOf(pair.of[0]), samplesOf(pair.of[1])]
  const times = (samples: Sample[]) => samples.map(({ took }) => took / 1e6)
  // A fifth wrong code gets another page than a fourth, in both groups.
  const byStatus = Map.groupBy([...first, ...second], ({ text }) => text.split('\r\n', 1)[0])
  const bytes = Math.max(...[...byStatus.values()].map((same) => maxDifferentBytes(same.map(({ text }) => text))))
  const ms: [number, number] = [median(times(first)), median(times(second))]
  return { ...pair, hash, bytes, auc: auc(times(first), times(second)), ms }
}

const isOutOfRange = ({ auc, isByDesign }: Measured) => !isShort && !isByDesign && (auc < RANGE[0] || auc > RANGE[1])

async function prove(site: ProofSite, scene: Scene, run: Run): Promise<Measured[]> {
  await takeSamples(site, scene, 0, WARM_UP)
  const repeats: Measured[][] = []
  for (let i = 0; i < REPEATS; i++) {
    const samplesOf = await takeSamples(site, scene, WARM_UP + i * run.samples, run.samples)
    const measured = pairsOf(scene).map((pair) => measure(pair, run, samplesOf))
    repeats.push(measured)
    if (!measured.some(isOutOfRange)) break
  }
  return pairsOf(scene).flatMap((_, i) => combine(repeats.flatMap((repeat) => repeat[i] ?? [])))
}

/** Combines repeated measurements of one pair. */
const combine = (same: Measured[]) =>
  same.slice(-1).map((last) => ({
    ...last,
    bytes: Math.max(...same.map(({ bytes }) => bytes)),
    auc: median(same.map((one) => one.auc)),
  }))

async function mailUrlOf(state: MailState) {
  if (state === 'refusing') return `smtp://127.0.0.1:${findFreePort()}`
  const { port } = state === 'up' ? await startMailServer() : await startScriptedServer(() => undefined)
  return `smtp://127.0.0.1:${port}`
}

async function proveAll(run: Run) {
  const mailUrl = run.mail && (await mailUrlOf(run.mail))
  const site = await startSite({ isCheap: run.hash !== 'real', mailUrl, postgres: process.env.TEST_POSTGRES })
  const measured: Measured[] = []
  try {
    if (run.hash === 'none') await site.limit(true)
    for (const { name, prepare } of run.scenes) measured.push(...(await prove(site, await prepare(site, name), run)))
  } finally {
    await site.stop()
    await stopMailServers()
  }
  return measured
}

const startedAt = Date.now()
const results: Measured[] = []
for (const run of RUNS) results.push(...(await proveAll(run)))

const rows = results.map((one) => [
  one.scene,
  `${one.of[0].name} / ${one.of[1].name}`,
  one.hash,
  one.isByDesign ? `${one.bytes}, by design` : `${one.bytes}`,
  one.auc.toFixed(3),
  ...one.ms.map((ms) => ms.toFixed(2)),
])
console.info(table(['where', 'compared', 'hash', 'different bytes', 'AUC', 'ms, first', 'ms, second'], rows))
console.info(`\n${requests} requests, ${secondsSince(startedAt)} seconds`)

const failures = results.flatMap((one) => {
  const pair = `${one.scene}: "${one.of[0].name}" and "${one.of[1].name}" are distinguishable`
  const byBytes = one.bytes > 0 && !one.isByDesign ? [`${pair} by ${one.bytes} bytes of the response`] : []
  const time = `${pair} by time: AUC ${one.auc.toFixed(3)}, hash: ${one.hash}`
  return [...byBytes, ...(isOutOfRange(one) ? [time] : [])]
})
for (const failure of failures) console.error(failure)
if (failures.length > 0) process.exit(1)
console.info('No response reveals whether an account exists, except for the error of the sign-up.')
