import { expect, test } from 'bun:test'
import { hours, minutes, seconds } from '@/lib/duration'
import { ann, annRemembered } from '../support/people'
import type { Answer, Browser } from '../support/browser'

/** The same numbers for the same seed, so that a failure can be repeated. */
function seeded(seed: number) {
  let state = seed
  return (below: number) => {
    state = (state * 1_103_515_245 + 12_345) % 2_147_483_648
    return Math.floor((state / 2_147_483_648) * below)
  }
}

type Site = Awaited<ReturnType<typeof annRemembered>>

const LASTING = ['remember', 'device', 'saved', 'flash']

/**
 * One honest browser whose requests and responses are delayed, reordered or lost. A request takes at most 5 s, and
 * persistent cookies reach the disk at the latest after 30 s.
 */
function honestBrowser({ annsBrowser, advance, deps }: Site, random: (below: number) => number) {
  const browser = annsBrowser
  let disk = new Map(browser.jar)
  let flushedAt = deps.now()
  let pending: { due: number; sent?: Browser; set?: string[] }[] = []

  const apply = (set: string[]) => {
    for (const line of set) {
      const { name, value, maxAge } = Bun.Cookie.parse(line)
      if (maxAge === 0) browser.jar.delete(name)
      else browser.keep(name, value, Boolean(maxAge))
    }
  }
  const persist = () => {
    disk = new Map([...browser.jar].filter(([name]) => LASTING.includes(name)))
    flushedAt = deps.now()
  }

  async function settle() {
    for (const event of pending.toSorted((a, b) => a.due - b.due)) {
      if (event.due > deps.now()) continue
      pending = pending.filter((other) => other !== event)
      if (event.set) apply(event.set)
      if (!event.sent) continue
      const { set, status } = await event.sent.get('/profile')
      expect(status).toBe(200)
      if (random(4) > 0) pending.push({ due: deps.now() + random(2500), set }) // otherwise the response is lost
    }
  }

  async function wait(ms: number) {
    const until = deps.now() + ms
    while (deps.now() < until) {
      const next = Math.min(until, ...pending.map(({ due }) => Math.max(due, deps.now() + 1)), flushedAt + seconds(30))
      advance(Math.max(1, next - deps.now()))
      await settle()
      if (deps.now() - flushedAt >= seconds(30)) persist()
    }
  }

  const send = (count: number) => {
    for (let n = 0; n < count; n++) pending.push({ due: deps.now() + random(2500), sent: browser.copy() })
  }
  const restart = () => {
    pending = []
    browser.jar.clear()
    for (const [name, value] of disk) browser.keep(name, value, true)
  }
  return {
    actions: [
      () => send(1),
      () => send(1 + random(20)),
      () => wait(random(2000)),
      () => wait(seconds(random(40))),
      () => wait(minutes(5) + random(1000)),
      () => wait(hours(12)),
      () => browser.post('/relogin', { password: ann.password }).then(() => undefined),
      restart, // killed: the cookies since the last write to the disk are lost
      () => {
        persist()
        restart()
      },
    ],
    browser,
    wait,
  }
}

test.each(Array.from({ length: 25 }, (_, seed) => [seed]))(
  'no delay, loss, parallel tab or crash of one honest browser raises the alarm (seed %i)',
  async (seed) => {
    const random = seeded(seed)
    const site = await annRemembered()
    const { actions, browser, wait } = honestBrowser(site, random)
    for (let step = 0; step < 60; step++) {
      await actions[random(actions.length)]?.()
      const active = site.deps.db.selectFrom('sessions').select('id').where('ended_at', 'is', null)
      expect((await active.where('series_id', 'is not', null).execute()).length).toBeLessThanOrEqual(1)
    }
    await wait(minutes(6))
    expect((await browser.get('/profile')).status).toBe(200)
    expect(site.events.filter(({ kind }) => kind === 'remember-token-reused')).toEqual([])
  },
)

test.each(Array.from({ length: 25 }, (_, seed) => [seed]))(
  'a copied token is never fresh, and raises the alarm when both browsers have restored sessions (seed %i)',
  async (seed) => {
    const random = seeded(1000 + seed)
    const site = await annRemembered()
    const { annsBrowser, advance, events } = site
    const openProfile = async (browser: Browser): Promise<Answer> => {
      if (random(3) === 0) browser.close()
      return browser.get('/profile')
    }
    for (let n = random(4); n > 0; n--) {
      await openProfile(annsBrowser)
      advance(minutes(random(8)))
    }
    annsBrowser.close()
    const attacker = annsBrowser.copy()
    for (let n = 0; n < 3; n++) {
      for (const browser of random(2) ? [annsBrowser, attacker] : [attacker, annsBrowser]) {
        await openProfile(browser)
        if (browser === annsBrowser && random(2)) await browser.post('/relogin', { password: ann.password })
        expect((await attacker.copy().get('/settings/password')).status).toBe(303)
        advance(seconds(random(20)))
      }
      advance(minutes(5))
    }
    expect(events.filter(({ kind }) => kind === 'remember-token-reused')).toHaveLength(1)
    for (const browser of [annsBrowser, attacker]) expect((await browser.get('/profile')).status).toBe(303)
  },
)
