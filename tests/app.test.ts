import { expect, test } from 'bun:test'
import { Elysia, t } from 'elysia'
import { minutes } from '@/lib/duration'
import type { Guards } from '@/http/auth/guards'
import { ann, createPeople } from './support/people'
import { openSite } from './support/site'

/** A form that stores its input in memory. */
function createFeature() {
  const saved: string[] = []
  const feature = ({ loginRequired }: Guards) =>
    new Elysia({ prefix: '/added' }).use(loginRequired).post(
      '/',
      ({ body, reply }) => {
        saved.push(body.text)
        return reply.redirect('/profile')
      },
      { body: t.Object({ text: t.String() }) },
    )
  return { saved, feature }
}

type OpenWithFeature = (feature: ReturnType<typeof createFeature>['feature']) => ReturnType<typeof openSite>

const ways: [string, OpenWithFeature][] = [
  ['an option', (feature) => openSite({}, undefined, [feature])],
  [
    'a call of `use` later',
    async (feature) => {
      const site = await openSite()
      site.app.use(feature(site.guards))
      return site
    },
  ],
]

test.each(ways)(
  'a feature that is added by %s supports OPTIONS and returns 405 for unknown methods',
  async (_, open) => {
    const site = await open(createFeature().feature)
    const { status, headers } = await site.browser().ask('/added', { method: 'PUT', headers: {} })
    expect([status, headers.get('allow')]).toEqual([405, 'OPTIONS, POST'])
    const options = await site.browser().ask('/added', { method: 'OPTIONS', headers: {} })
    expect([options.status, options.headers.get('allow')]).toEqual([204, 'OPTIONS, POST'])
  },
)

test.each(ways)(
  'a form to a feature that is added by %s is saved after the session ended and replayed after the login',
  async (_, open) => {
    const { feature, saved } = createFeature()
    const site = await createPeople(await open(feature))
    const browser = await site.as(ann)
    site.advance(minutes(5))
    expect((await browser.post('/added', { text: 'typed late' })).to).toBe('/relogin')
    expect((await browser.post('/relogin', { password: ann.password })).to).toBe('/resume')
    expect(saved).toEqual([])
    expect((await browser.post('/resume')).to).toBe('/profile')
    expect(saved).toEqual(['typed late'])
  },
)
