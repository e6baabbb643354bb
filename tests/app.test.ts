import { expect, test } from 'bun:test'
import { Elysia, t } from 'elysia'
import { minutes } from '@/lib/duration'
import type { Guards } from '@/http/auth/guards'
import { ann, createPeople } from './support/people'
import { openSite } from './support/site'

/** A form that stores its input in memory. */
function createNotes() {
  const saved: string[] = []
  const notes = ({ loginRequired }: Guards) =>
    new Elysia({ prefix: '/notes' }).use(loginRequired).post(
      '/',
      ({ body, reply }) => {
        saved.push(body.text)
        return reply.redirect('/profile')
      },
      { body: t.Object({ text: t.String() }) },
    )
  return { saved, notes }
}

type OpenWithNotes = (notes: ReturnType<typeof createNotes>['notes']) => ReturnType<typeof openSite>

const ways: [string, OpenWithNotes][] = [
  ['an option', (notes) => openSite({}, undefined, [notes])],
  [
    'a call of `use` later',
    async (notes) => {
      const site = await openSite()
      site.app.use(notes(site.guards))
      return site
    },
  ],
]

test.each(ways)(
  'a feature that is added by %s supports OPTIONS and returns 405 for unknown methods',
  async (_, open) => {
    const site = await open(createNotes().notes)
    const { status, headers } = await site.browser().ask('/notes', { method: 'PUT', headers: {} })
    expect([status, headers.get('allow')]).toEqual([405, 'OPTIONS, POST'])
    const options = await site.browser().ask('/notes', { method: 'OPTIONS', headers: {} })
    expect([options.status, options.headers.get('allow')]).toEqual([204, 'OPTIONS, POST'])
  },
)

test.each(ways)(
  'a form to a feature that is added by %s is saved after the session ended and replayed after the login',
  async (_, open) => {
    const { notes, saved } = createNotes()
    const site = await createPeople(await open(notes))
    const browser = await site.as(ann)
    site.advance(minutes(5))
    expect((await browser.post('/notes', { text: 'typed late' })).to).toBe('/relogin')
    expect((await browser.post('/relogin', { password: ann.password })).to).toBe('/resume')
    expect(saved).toEqual([])
    expect((await browser.post('/resume')).to).toBe('/profile')
    expect(saved).toEqual(['typed late'])
  },
)
