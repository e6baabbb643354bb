import { Browser } from '../support/browser'
import { waitUntilListening, start } from '../support/process'

const ann = { email: 'ann@example.test', name: 'Ann', password: 'correct horse battery' }

type Measured = { status: number; ms: number }

/** Status and time of a write and of the slowest reads while another process holds the lock for `ms`. */
export async function holdLock(ms: number) {
  const one = start()
  await waitUntilListening(one)
  const browser = new Browser((request) => fetch(request, { redirect: 'manual' }), one.url)
  await browser.post('/signup', ann)
  await browser.post('/login', ann)
  await browser.get('/')
  const file = one.settings.DATABASE_URL.replace('sqlite:', '')
  const holder = Bun.spawn([process.execPath, 'tests/faults/hold.ts', file, `${ms}`], { stdout: 'pipe' })
  await holder.stdout.getReader().read()
  const write = measure(() => browser.copy().post('/profile', { name: 'Ann Lee' }))
  const probes: Measured[] = []
  const pages: Measured[] = []
  while (holder.exitCode === null) {
    probes.push(await measure(() => browser.copy().get('/healthz')))
    pages.push(await measure(() => browser.copy().get('/profile')))
    await Bun.sleep(20)
  }
  const written = await write
  one.server.kill('SIGTERM')
  return { write: written, probe: slowest(probes), page: slowest(pages), code: await one.server.exited }
}

async function measure(ask: () => Promise<{ status: number }>): Promise<Measured> {
  const startedAt = performance.now()
  const { status } = await ask()
  return { status, ms: performance.now() - startedAt }
}

/** Prefers a request with an unexpected status. */
const slowest = (all: Measured[]) =>
  all.find(({ status }) => status !== 200) ?? all.toSorted((a, b) => b.ms - a.ms)[0] ?? { status: 0, ms: 0 }
