import { filled, SESSIONS } from './fill'
import { inTurns } from './pages'
import type { Plan } from './plan'
import { startSite } from './processes'
import { atLeast, type Row } from './table'

const inWords = (n: number) => n.toLocaleString('en')

/** (h): the profile page from a database full of users, beside one that is nearly empty. */
export async function measureSizes(emptyDatabase: string, plan: Plan): Promise<Row[]> {
  const { users, people } = plan
  const small = await startSite(emptyDatabase) // as cold as the others
  const [medium, large] = [await startSite(await filled(users.medium)), await startSite(await filled(users.large))]
  const page = { ask: 'page', path: '/profile' } as const
  const among = (users: number, count: number) => ({ count, of: users * SESSIONS })
  const everybody = users.medium * SESSIONS // more than a round asks for, so that nobody comes twice in five seconds
  const [few, many, fewSlide, manySlide] = await inTurns(
    [
      { ...page, server: small },
      { ...page, server: large, people: among(users.large, people.count) },
      { ...page, server: medium, people: among(users.medium, everybody) },
      { ...page, server: large, people: among(users.large, everybody) },
    ],
    plan,
  )
  await Promise.all([small.stop(), medium.stop(), large.stop()])
  if (!few || !many || !fewSlide || !manySlide) throw new Error('a size was not measured')
  const ratio = many.perSecond / few.perSecond
  const rowsOf = (users: number) => `${inWords(users)} users and ${inWords(users * SESSIONS)} sessions`
  const sliding = '(d) where each request is the first of its session for a while, and writes'
  return [
    { id: 'h few', what: `(d) with ${rowsOf(users.small)}`, ...shown(few) },
    {
      id: 'h',
      what: `(d) with ${rowsOf(users.large)}, ${inWords(people.count)} of them asking`,
      ...shown(many),
      of: '(h few)',
      ratio,
      ...atLeast(0.85, ratio),
    },
    { id: 'h few, sliding', what: `${sliding}, with ${rowsOf(users.medium)}`, ...shown(fewSlide) },
    {
      id: 'h sliding',
      what: `the same with ${rowsOf(users.large)}`,
      ...shown(manySlide),
      of: '(h few, sliding)',
      ratio: manySlide.perSecond / fewSlide.perSecond,
    },
  ]
}

const shown = ({ perSecond, cpu, p50, p99 }: { perSecond: number; cpu: number; p50: number; p99: number }) => ({
  value: perSecond,
  unit: '/s',
  cpu,
  p50,
  p99,
})
