import { Browser } from '../support/browser'
import { waitUntilListening, start } from '../support/process'

const ann = { email: 'ann@example.test', name: 'Ann', password: 'correct horse battery' }

type Took = { status: number; ms: number }

/** What a started server answers while another process holds its database for so long, and how soon. */
export async function holdTheLock(ms: number) {
  const one = start()
  await waitUntilListening(one)
  const browser = new Browser((request) => fetch(request, { redirect: 'manual' }), one.url)
  await browser.post('/signup', ann)
  await browser.post('/login', ann)
  await browser.get('/')
  const file = one.settings.DATABASE_URL.replace('sqlite:', '')
  const holder = Bun.spawn([process.execPath, 'tests/faults/hold.ts', file, `${ms}`], { stdout: 'pipe' })
  await holder.stdout.getReader().read()
  const write = take(() => browser.copy().post('/profile', { name: 'Ann Lee' }))
  const probes: Took[] = []
  const pages: Took[] = []
  while (holder.exitCode === null) {
    probes.push(await take(() => browser.copy().get('/healthz')))
    pages.push(await take(() => browser.copy().get('/profile')))
    await Bun.sleep(20)
  }
  const done = await write
  one.server.kill('SIGTERM')
  return { write: done, probe: slowest(probes), page: slowest(pages), code: await one.server.exited }
}

async function take(ask: () => Promise<{ status: number }>): Promise<Took> {
  const began = performance.now()
  const { status } = await ask()
  return { status, ms: performance.now() - began }
}

/** The slowest, or the first that is not as it should be. */
const slowest = (all: Took[]) =>
  all.find(({ status }) => status !== 200) ?? all.toSorted((a, b) => b.ms - a.ms)[0] ?? { status: 0, ms: 0 }
