import { days, minutes, seconds } from '@/lib/duration'
import type { Answer, Browser } from './browser'
import { ann, annRemembered } from './people'

type Story = Awaited<ReturnType<typeof annRemembered>>

/** The cookies that a response sets, and what is in the database after it. */
export type Effects = { cookies: string; session: string; series: string; alarm: string }

/** One row of the table of states: `arrive` brings the series into the state, and the response of `event` is observed. */
export type Transition = Effects & {
  state: string
  event: string
  arrive?: (story: Story) => Promise<Browser | void>
  /** By default a page with the cookies of the browser that `arrive` returns, or of the remembered one. */
  act?: (browser: Browser, story: Story) => Promise<Answer>
}

const restored = { cookies: 'session, remember', session: 'new', series: 'active', alarm: 'no' }
const shared = { cookies: 'remember', session: 'shared', series: 'active', alarm: 'no' }
const theft = { cookies: 'session and remember cleared', session: 'ended', series: 'ended (theft)', alarm: 'yes' }
const rejected = { cookies: 'remember cleared', session: 'unchanged', alarm: 'no' }

const openProfile = (browser: Browser) => browser.get('/profile')

/** The browser restores its session and then loses the session cookie. */
async function restoreAndClose({ annsBrowser, advance }: Story) {
  await openProfile(annsBrowser)
  annsBrowser.close()
  advance(seconds(10))
}

async function restoreAndTypePassword({ annsBrowser }: Story) {
  await openProfile(annsBrowser)
  await annsBrowser.post('/relogin', { password: ann.password })
}

export const transitions: Transition[] = [
  { state: 'never restored', event: 'the first secret', ...restored },
  {
    state: 'restored',
    event: 'a successor of the current secret',
    ...restored,
    arrive: restoreAndClose,
  },
  {
    state: 'restored less than 10 seconds ago',
    event: 'the current secret',
    ...shared,
    cookies: 'session, remember',
    arrive: async ({ annsBrowser, advance }) => {
      await openProfile(annsBrowser.copy())
      advance(seconds(10) - 1)
    },
  },
  {
    state: 'restored less than 10 seconds ago, then the password was typed',
    event: 'the current secret',
    ...shared,
    arrive: async (story) => {
      const parallel = story.annsBrowser.copy()
      await restoreAndTypePassword(story)
      return parallel
    },
  },
  {
    state: 'restored 10 seconds ago or longer',
    event: 'the current secret',
    ...restored,
    arrive: async ({ annsBrowser, advance }) => {
      await openProfile(annsBrowser.copy())
      advance(seconds(10))
    },
  },
  {
    state: 'restored, and its session token rotated less than 10 seconds ago',
    event: 'a valid secret without the new session token',
    ...shared,
    arrive: async (story) => {
      await openProfile(story.annsBrowser)
      story.advance(minutes(1))
      const inFlight = story.annsBrowser.copy()
      await story.annsBrowser.post('/relogin', { password: ann.password })
      return inFlight
    },
  },
  {
    state: 'restored by a successor',
    event: 'an older secret',
    ...theft,
    arrive: async (story) => {
      const old = story.annsBrowser.copy()
      await restoreAndClose(story)
      await openProfile(story.annsBrowser)
      return old
    },
  },
  {
    state: 'restored by a successor',
    event: 'another successor of the same secret',
    ...theft,
    arrive: async ({ annsBrowser, advance }) => {
      const other = annsBrowser.copy()
      await openProfile(annsBrowser)
      await openProfile(other)
      advance(minutes(5))
      await openProfile(annsBrowser)
      return other
    },
  },
  {
    state: 'restored again by the current secret',
    event: 'a successor that was issued before',
    ...theft,
    arrive: async (story) => {
      const other = story.annsBrowser.copy()
      await restoreAndClose(story)
      await openProfile(other)
      return story.annsBrowser
    },
  },
  {
    state: 'active',
    event: 'a secret that was never issued',
    ...rejected,
    series: 'active',
    arrive: async ({ annsBrowser }) => {
      const invented = annsBrowser.copy()
      await openProfile(annsBrowser)
      invented.jar.set('remember', `${annsBrowser.jar.get('remember')?.slice(0, 23)}${'A'.repeat(43)}`)
      return invented
    },
  },
  {
    state: 'ended by a logout',
    event: 'any secret',
    ...rejected,
    series: 'ended (logout)',
    arrive: async ({ annsBrowser }) => {
      const kept = annsBrowser.copy()
      await annsBrowser.post('/logout')
      return kept
    },
  },
  {
    state: 'expired',
    event: 'any secret',
    ...rejected,
    series: 'expired',
    arrive: async ({ annsBrowser, advance }) => {
      await openProfile(annsBrowser)
      advance(days(30))
      annsBrowser.close()
    },
  },
  {
    state: 'of a deactivated account',
    event: 'a valid secret',
    ...rejected,
    session: 'ended',
    series: 'ended (deactivated)',
    arrive: async ({ deps, users }) => {
      const set = { deactivated_at: deps.now() }
      await deps.db.updateTable('users').set(set).where('id', '=', users.ann.id).execute()
    },
  },
  {
    state: 'at the maximum number of secrets',
    event: 'a valid secret',
    ...rejected,
    session: 'ended',
    series: 'ended (revoked)',
    arrive: async ({ deps }) => void (deps.config.rowCaps.secretsPerSeries = 0),
  },
  {
    state: 'restored, with an active session',
    event: 'the session token and a secret of the series',
    cookies: 'none',
    session: 'unchanged',
    series: 'active',
    alarm: 'no',
    arrive: async ({ annsBrowser }) => void (await openProfile(annsBrowser)),
  },
  {
    state: 'active',
    event: 'the session token of another device and a secret of this series',
    ...rejected,
    series: 'active',
    arrive: async ({ browser, annsBrowser }) => {
      const other = browser()
      await other.post('/login', ann)
      other.jar.set('remember', annsBrowser.jar.get('remember') ?? '')
      return other
    },
  },
  {
    state: 'active',
    event: 'a valid secret in a background or speculative request',
    cookies: 'none',
    session: 'unchanged',
    series: 'active',
    alarm: 'no',
    act: (browser) => browser.get('/profile', { 'x-poll': '1' }),
  },
  {
    state: 'active',
    event: 'a logout',
    cookies: 'session and remember cleared',
    session: 'ended',
    series: 'ended (logout)',
    alarm: 'no',
    arrive: async ({ annsBrowser }) => void (await openProfile(annsBrowser)),
    act: (browser) => browser.post('/logout'),
  },
  {
    state: 'active',
    event: 'a login in the same browser, without `Remember me`',
    cookies: 'session, remember cleared',
    session: 'new',
    series: 'ended (logout)',
    alarm: 'no',
    act: (browser) => browser.post('/login', ann),
  },
]

/** Plays a row and returns what was observed, in the words of the table. */
export async function play({ arrive, act = openProfile }: Transition) {
  const story = await annRemembered()
  const series = await story.deps.db.selectFrom('remember_series').select('id').executeTakeFirstOrThrow()
  const browser = (await arrive?.(story)) ?? story.annsBrowser
  const before = await activeSessions(story)
  const answer = await act(browser, story)
  return { story, browser, answer, effects: await observe(story, series.id, before, answer) }
}

const activeSessions = async ({ deps }: Story) =>
  (await deps.db.selectFrom('sessions').select('id').where('ended_at', 'is', null).orderBy('id').execute()).map(
    ({ id }) => id,
  )

async function observe(story: Story, seriesId: string, before: string[], answer: Answer): Promise<Effects> {
  const after = await activeSessions(story)
  const isNew = after.some((id) => !before.includes(id))
  const cookies = cookiesOf(answer)
  const isShared = after.join() === before.join() && cookies.endsWith('remember')
  const series = story.deps.db.selectFrom('remember_series').selectAll().where('id', '=', seriesId)
  const { ended_reason, expires_at } = await series.executeTakeFirstOrThrow()
  return {
    cookies,
    session: isNew ? 'new' : after.length === 0 && before.length > 0 ? 'ended' : isShared ? 'shared' : 'unchanged',
    series: ended_reason ? `ended (${ended_reason})` : expires_at > story.deps.now() ? 'active' : 'expired',
    alarm: story.events.some(({ kind }) => kind === 'remember-token-reused') ? 'yes' : 'no',
  }
}

function cookiesOf({ set }: Answer) {
  const names = (isCleared: boolean) =>
    ['session', 'remember'].filter((name) =>
      set.some((line) => line.startsWith(`${name}=`) && line.includes('Max-Age=0;') === isCleared),
    )
  const [kept, cleared] = [names(false).join(', '), names(true).join(' and ')]
  return [kept, cleared && `${cleared} cleared`].filter(Boolean).join(', ') || 'none'
}
