import { filledDatabase, SESSIONS_PER_USER } from './fill'
import { measureInTurn } from './pages'
import type { Plan } from './plan'
import { startSite } from './processes'
import { atLeast, type Row } from './table'

const formatCount = (n: number) => n.toLocaleString('en')

/** (h): the profile page with a large database, compared with a small one. */
export async function measureSizes(emptyDatabase: string, plan: Plan): Promise<Row[]> {
  const { users, sessions } = plan
  const small = await startSite(emptyDatabase) // with a cold cache, like the others
  const [medium, large] = [
    await startSite(await filledDatabase(users.medium)),
    await startSite(await filledDatabase(users.large)),
  ]
  const page = { ask: 'page', path: '/profile' } as const
  const among = (users: number, count: number) => ({ count, of: users * SESSIONS_PER_USER })
  const allOfMedium = users.medium * SESSIONS_PER_USER // more than the requests of 5 s, so that each extends its session
  const [few, many, fewExtending, manyExtending] = await measureInTurn(
    [
      { ...page, server: small },
      { ...page, server: large, sessions: among(users.large, sessions.count) },
      { ...page, server: medium, sessions: among(users.medium, allOfMedium) },
      { ...page, server: large, sessions: among(users.large, allOfMedium) },
    ],
    plan,
  )
  await Promise.all([small.stop(), medium.stop(), large.stop()])
  if (!few || !many || !fewExtending || !manyExtending) throw new Error('missing measurement')
  const ratio = many.perSecond / few.perSecond
  const rowsOf = (users: number) => `${formatCount(users)} users and ${formatCount(users * SESSIONS_PER_USER)} sessions`
  const extending = '(d) where each request extends its session'
  return [
    { id: 'h few', what: `(d) with ${rowsOf(users.small)}`, ...figuresOf(few) },
    {
      id: 'h',
      what: `(d) with ${rowsOf(users.large)}, ${formatCount(sessions.count)} of them asking`,
      ...figuresOf(many),
      of: '(h few)',
      ratio,
      ...atLeast(0.85, ratio),
    },
    { id: 'h few, extending', what: `${extending}, with ${rowsOf(users.medium)}`, ...figuresOf(fewExtending) },
    {
      id: 'h extending',
      what: `the same with ${rowsOf(users.large)}`,
      ...figuresOf(manyExtending),
      of: '(h few, extending)',
      ratio: manyExtending.perSecond / fewExtending.perSecond,
    },
  ]
}

const figuresOf = ({ perSecond, cpu, p50, p99 }: { perSecond: number; cpu: number; p50: number; p99: number }) => ({
  value: perSecond,
  unit: '/s',
  cpu,
  p50,
  p99,
})
