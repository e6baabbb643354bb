import { afterAll, beforeAll, expect, setDefaultTimeout, test } from 'bun:test'
import { minutes } from '@/lib/duration'
import { safeReturnPath } from '@/http/auth/return-path'
import { mounted } from '../support/features'
import { ann, annAndEve, annLoggedIn } from '../support/people'
import { stopStarted } from '../support/process'
import { openWire, statuses, type Wire } from '../support/wire'

setDefaultTimeout(60_000)

let wire: Wire
beforeAll(async () => void (wire = await openWire()))
afterAll(stopStarted)

const HOSTS = [
  'evil.test',
  'here.invalid/x',
  '@evil.test',
  'localhost@evil.test',
  '[::1]',
  '2130706433',
  'evil\u3002test',
  'xn--pp-5ia.test',
  '',
]
const BEFORE = [
  '',
  ' ',
  '\t',
  '\u00a0',
  '\ufeff',
  '\u0000',
  '/',
  '/.',
  '/..',
  '/a/..',
  '/a/../..',
  '/%2e',
  '/%2e%2e',
  '/;',
  '/?',
  '/#',
  '.',
  '..',
]
const SLASHES = [
  '/',
  '//',
  '///',
  '\\',
  '/\\',
  '\\/',
  '%2f',
  '%2F%2f',
  '%5c',
  '/%5c',
  '/\t/',
  '/\n/',
  '/%09/',
  '%0d%0a/',
  '\u2215',
  '\uff0f\uff0f',
  '/\u00ad/',
]
const SCHEMES = [
  'https:',
  'https:/',
  'HtTp://',
  'javascript:',
  'java\tscript:',
  'data:',
  'vbscript:',
  'blob:http://localhost/',
  'filesystem:https://localhost/',
  'ftp://',
  'mailto:',
  'about:',
  '{"path":"',
  'path:',
]

/** Whether a browser stays on the site at any origin, also if a proxy has decoded the path. */
function staysHere(path: string, origin: string) {
  const spellings = [path, decodeURIComponent(path.split('?')[0] ?? '')]
  return spellings.every((spelling) => {
    const url = URL.parse(spelling, origin)
    return url?.origin === origin && !/^\/[/\\]/.test(url.pathname) && /^\/(?![/\\])[^\\\p{Cc}]*$/u.test(spelling)
  })
}

test('every URL of another site is rejected or resolves to a path of this site', () => {
  const elsewhere = [
    ...BEFORE.flatMap((before) => SLASHES.flatMap((slashes) => HOSTS.map((host) => `${before}${slashes}${host}`))),
    ...SCHEMES.flatMap((scheme) => HOSTS.map((host) => `${scheme}${host}`)),
  ]
  expect(elsewhere.length).toBeGreaterThan(2000)
  const taken = elsewhere.flatMap((next) => safeReturnPath(next) ?? [])
  const isOn = (origin: string) => (path: string) => staysHere(path, origin)
  for (const origin of ['https://app.test', 'http://localhost:3000'])
    expect(taken.filter((path) => !isOn(origin)(path))).toEqual([])
})

const UNSAFE = [
  '//evil.test',
  '/\\evil.test',
  '/.//evil.test',
  '/%09/evil.test',
  'https://localhost.evil.test',
  '{"path":"//evil.test"}',
  'javascript:document.title=1',
]

test.each(UNSAFE)(
  'next=%j is rejected by every login page, in query, field and htmx, before any other work',
  async (next) => {
    const { app, annsBrowser, browser, deps, advance } = await annLoggedIn({ SESSION_IDLE_SECONDS: '3600' })
    advance(minutes(5)) // stale, so that each login page asks for credentials
    await annsBrowser.get('/probe')
    const kept = async () => JSON.stringify(await deps.db.selectFrom('sessions').selectAll().execute())
    const before = await kept()
    const query = `?${new URLSearchParams({ next })}`
    const person = { ...ann, next }
    for (const [who, path] of [
      ...mounted({ app }, ['/login', '/signup']).map((path) => [browser(), path] as const),
      [annsBrowser, '/login'],
      [annsBrowser, '/relogin'],
      [annsBrowser, '/relogin/switch-user'],
    ] as const)
      for (const { status, to, set } of [
        await who.post(path, person),
        await who.postHtmx(path, person),
        await who.post(path + query, ann),
        await who.postHtmx(path + query, ann),
      ])
        expect([path, status, to, set]).toEqual([path, 400, null, []])
    expect(await kept()).toBe(before)
  },
)

test.each(['next[]', 'next[a]', 'Next', 'NEXT', 'next.', 'redirect', 'return_to', 'url', 'continue', 'RelayState'])(
  'the parameter %s does not set the return path',
  async (name) => {
    const { browser } = await annAndEve()
    const fields = { ...ann, [name]: '//evil.test' }
    expect(await browser().post('/login', fields)).toMatchObject({ status: 303, to: '/profile' })
    const query = `?${new URLSearchParams({ [name]: '//evil.test' })}`
    expect((await browser().get(`/login${query}`)).html).not.toContain('evil.test')
    expect((await browser().post(`/login${query}`, ann)).to).toBe('/profile')
  },
)

test('the Referer and Origin headers do not change a redirect of a form', async () => {
  const { annsBrowser } = await annLoggedIn()
  const from = {
    referer: 'https://evil.test/',
    'hx-current-url': 'https://evil.test/',
    'x-forwarded-host': 'evil.test',
  }
  expect((await annsBrowser.post('/profile', { name: 'Ann' }, from)).to).toBe('/profile')
  expect((await annsBrowser.post('/settings/sessions/end-others', {}, from)).to).toBe('/settings/sessions')
  expect((await annsBrowser.post('/logout', {}, from)).to).toBe('/')
})

test.each([
  '//evil.test/',
  '//evil.test/%2e%2e',
  '///evil.test/%2f..',
  '/login/..//evil.test',
  '/.//evil.test',
  '/%2f%2fevil.test',
  '/\\evil.test/',
  '//evil.test/profile',
])('%s does not redirect, because no path is normalized by a redirect', async (target) => {
  const answer = await wire.ask(target)
  expect(statuses(answer)).toEqual([404])
  expect(answer.toLowerCase()).not.toContain('\r\nlocation:')
})

test('a guard encodes the requested path and query inside the return path', async () => {
  for (const query of [
    'x=//evil.test',
    'next=//evil.test',
    'a=%0d%0aSet-Cookie:%20evil=1',
    'a=%E5%98%8D%E5%98%8ASet-Cookie:evil=1',
    'x=\u00e9',
    '%',
    '%00',
    '#//evil.test',
    '&next=/x',
  ]) {
    const answer = await wire.ask(`/profile?${query}`)
    const [, to = ''] = /\r\nlocation: ([^\r]*)\r\n/i.exec(answer) ?? []
    expect([query, statuses(answer), /set-cookie: evil/i.test(answer)]).toEqual([query, [303], false])
    expect(to).toMatch(/^\/login(\?next=%2Fprofile[\w%.*+-]*)?$/)
    const next = new URL(to, wire.url).searchParams.get('next') ?? '/profile'
    expect(staysHere(next, wire.url)).toBe(true)
  }
})
