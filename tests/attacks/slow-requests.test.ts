import { expect, test } from 'bun:test'
import { Elysia } from 'elysia'
import { seconds } from '@/lib/duration'
import { changeRole } from '@/model/users/roles'
import type { Browser } from '../support/browser'
import { ann, annAndEve, annLoggedIn } from '../support/people'
import type { Context } from '@/http/types/context'

type Work = (context: Context) => Promise<unknown>
type Wanted = { remembered?: boolean; work?: Work; before?: (site: Ready) => Promise<unknown> }
type Story = Awaited<ReturnType<typeof annsSlowRequest>>

/** A request of ann waits in a slow handler until the test releases it. */
async function annsSlowRequest({ remembered = true, work, before }: Wanted = {}) {
  const site = await annAndEve()
  const [arrived, gate] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()]
  const slow = new Elysia({ prefix: '/slow' }).use(site.guards.loginRequired).get('/', async (context) => {
    arrived.resolve()
    await gate.promise
    await work?.(context)
    return context.reply.text('done')
  })
  site.app.use(slow)
  const annsBrowser = await site.as(ann, { remembered })
  await before?.({ ...site, annsBrowser })
  const tab = annsBrowser.copy()
  const answer = tab.get('/slow')
  await arrived.promise
  return { ...site, annsBrowser, tab, finish: () => (gate.resolve(), answer) }
}

type Ready = Awaited<ReturnType<typeof annAndEve>> & { annsBrowser: Browser }

const sessionCookies = ({ set }: { set: string[] }) => set.filter((line) => /^(session|remember)=[^;]/.test(line))

/** No cookie authenticates a user any more. */
async function expectOver({ annsBrowser, tab, deps }: Story) {
  const live = deps.db.selectFrom('sessions').select('id').where('ended_at', 'is', null)
  expect(await live.execute()).toEqual([])
  const series = deps.db.selectFrom('remember_series').select('id').where('ended_at', 'is', null)
  expect(await series.execute()).toEqual([])
  for (const one of [tab, annsBrowser]) expect((await one.get('/profile')).to).toBe('/login?next=%2Fprofile')
}

test('a request that finishes after a logout restores no session and sets no cookie', async () => {
  const story = await annsSlowRequest()
  story.advance(seconds(30))
  await story.annsBrowser.post('/logout')
  const answer = await story.finish()
  expect([answer.status, answer.html, sessionCookies(answer)]).toEqual([200, 'done', []])
  await expectOver(story)
})

test.each<[string, Work]>([
  ['reauthenticates', ({ reauthenticate }) => reauthenticate({ method: 'password' })],
  [
    'reauthenticates and remembers the device',
    ({ reauthenticate }) => reauthenticate({ method: 'password', remember: true }),
  ],
  ['logs out as well', ({ logOut }) => logOut()],
])('a request that %s after a logout restores no session', async (_, work) => {
  const story = await annsSlowRequest({ work })
  await story.annsBrowser.post('/logout')
  expect(sessionCookies(await story.finish())).toEqual([])
  await expectOver(story)
})

test('a request that restored a remembered device before a logout restores no session', async () => {
  const story = await annsSlowRequest({ before: async ({ annsBrowser }) => annsBrowser.close() })
  story.advance(seconds(30))
  await story.annsBrowser.post('/logout')
  await story.finish()
  await expectOver(story)
})

test.each([0, seconds(10) - 1])(
  'a request whose token was rotated %i ms before the logout restores no session',
  async (ago) => {
    const before = ({ deps, users }: Ready) => changeRole(deps, users.ann, 'support', 'command line')
    const story = await annsSlowRequest({ remembered: false, before })
    story.advance(ago)
    await story.annsBrowser.post('/logout')
    await story.finish()
    await expectOver(story)
  },
)

test('a form from before a logout is not accepted afterwards', async () => {
  const { annsBrowser, deps } = await annLoggedIn()
  const tab = annsBrowser.copy()
  await annsBrowser.post('/logout')
  expect(await tab.post('/profile', { name: 'Late' })).toMatchObject({ status: 303, to: '/login' })
  expect(await deps.db.selectFrom('users').select('name').where('email', '=', ann.email).execute()).toEqual([
    { name: 'Ann' },
  ])
  expect(await deps.db.selectFrom('saved_requests').selectAll().execute()).toEqual([])
})
