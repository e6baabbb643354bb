import { afterEach, expect, setDefaultTimeout, test } from 'bun:test'
import { connect } from 'node:net'
import { signupTest } from '../support/features'
import { annLoggedIn } from '../support/people'
import { stopStarted, waitUntilListening, start } from '../support/process'

afterEach(stopStarted)
setDefaultTimeout(60_000)

const raw = (port: string, head: string) =>
  new Promise<string>((resolve) => {
    let answer = ''
    const socket = connect(Number(port), 'localhost', () => socket.write(head))
    const done = () => resolve(answer)
    socket
      .on('data', (data) => void (answer += data))
      .on('close', done)
      .on('error', done)
  })

/** Paths that a cache may treat as a file and a lenient server as a page (web cache deception). */
const disguises = [
  '/profile/a.css',
  '/profile/a.js',
  '/profile/.css',
  '/profile.css',
  '/profile.ico',
  '/profile%2fa.css',
  '/profile%2Fa.css',
  '/profile;a.css',
  '/profile;/a.css',
  '/profile/;a.css',
  '/profile?.css',
  '/profile?a.css',
  '/profile?/assets/a.css',
  '/profile%3f.css',
  '/profile%3Fa.css',
  '/profile%23a.css',
  '/profile#a.css',
  '/profile%00.css',
  '/profile%0a.css',
  '/profile%0d%0aa.css',
  '/profile/..%2fassets/x.css',
  '/profile/%2e%2e/assets/x.css',
  '/profile/../assets/x.css',
  '/profile%5ca.css',
  '/profile\\a.css',
  '/profile//a.css',
  '//profile',
  '//profile/a.css',
  '/./profile',
  '/profile/.',
  '/assets/../profile',
  '/assets/%2e%2e/profile',
  '/assets/..%2fprofile',
  '/assets/..%2Fprofile',
  '/assets/..;/profile',
  '/assets/.%2e/profile',
  '/assets//../profile',
  '/assets\\..\\profile',
  '/assets/%2e%2e%2fprofile',
  '/assets/profile',
  '/favicon.ico/../profile',
  '/favicon.ico/%2e%2e/profile',
  '/favicon.ico/profile',
  '/robots.txt/../profile',
  '/static/../profile',
  '/Profile',
  '/PROFILE',
  '/profile/',
  '/profile~',
  '/profile,a.css',
  '/api/me.json',
  '/api/me/a.css',
  '/api/me?a.css',
  '/api/me;a.css',
  '/api/me%2fa.js',
  '/settings/tokens/a.css',
  '/settings.css',
  '/dashboard/x.png',
  '/healthz/../profile',
  '/profile:80/a.css',
  '/profile*',
  '/%70rofile',
  '/%2fprofile',
  '/profile%20',
  '/profile%09.css',
]

signupTest('no cache stores a private response for any URL, and cacheable responses are not private', async () => {
  const one = start()
  await waitUntilListening(one)
  const ann = new URLSearchParams({ email: 'ann@example.test', name: 'Annabella', password: 'correct horse battery' })
  const post = (path: string) => fetch(`${one.url}${path}`, { method: 'POST', body: ann, redirect: 'manual' })
  await post('/signup')
  const cookie = (await post('/login')).headers.getSetCookie()[0]?.split(';')[0] ?? ''
  const ask = (path: string, more = '') =>
    raw(
      one.settings.PORT,
      `GET ${path} HTTP/1.1\r\nHost: localhost:${one.settings.PORT}\r\nConnection: close\r\nCookie: ${cookie}\r\n${more}\r\n`,
    )
  expect(await ask('/profile')).toContain('Annabella')
  for (const path of disguises) {
    const answer = await ask(path)
    const [head = ''] = answer.split('\r\n\r\n')
    const isOurs = /^HTTP\/1\.1 (200|303|404|405) /.test(head)
    expect([path, isOurs || head.startsWith('HTTP/1.1 400 ')]).toEqual([path, true])
    if (isOurs) expect([path, /^cache-control: no-store$/im.test(head)]).toEqual([path, true])
    if (answer.includes('Annabella'))
      expect([
        path,
        /^HTTP\/1\.1 (200|404) /.test(head), // the page of an error also names the user
        /^content-type: (text\/html|application\/json); charset=utf-8$/im.test(head),
      ]).toEqual([path, true, true])
  }
})

test('a private page is never answered with 304 or a range', async () => {
  const { annsBrowser } = await annLoggedIn()
  const { html } = await annsBrowser.get('/profile')
  const asking: Record<string, string>[] = [
    { 'if-none-match': '*' },
    { 'if-none-match': '"x", W/"y"' },
    { 'if-modified-since': 'Fri, 01 Jan 2100 00:00:00 GMT' },
    { 'if-match': '"x"' },
    { 'if-unmodified-since': 'Thu, 01 Jan 1970 00:00:00 GMT' },
    { range: 'bytes=0-10' },
    { 'cache-control': 'only-if-cached, max-stale' },
    { pragma: 'x', 'x-forwarded-host': 'evil.test', 'x-original-url': '/assets/x' },
  ]
  for (const headers of asking) {
    const answer = await annsBrowser.get('/profile', headers)
    expect([headers, answer.status, answer.html]).toEqual([headers, 200, html])
    expect([
      answer.headers.get('cache-control'),
      answer.headers.get('etag'),
      answer.headers.get('last-modified'),
    ]).toEqual(['no-store', null, null])
  }
})

test('an asset is the same for every user and cookie and sets no cookie', async () => {
  const { annsBrowser, browser } = await annLoggedIn()
  const files = [
    ...(await annsBrowser.get('/profile')).html.matchAll(/(?:href|src)="(\/(?:assets|favicon)[^"]+)"/g),
  ].map(([, path = '']) => path)
  expect(files.length).toBeGreaterThan(3)
  for (const path of [...files, '/favicon.ico'])
    for (const one of [annsBrowser, browser()]) {
      const answer = await one.get(`${path}?evil=<script>`, { cookie: 'session=x; flash=logged-in' })
      expect([path, answer.status, answer.set, answer.headers.get('x-content-type-options')]).toEqual([
        path,
        200,
        [],
        'nosniff',
      ])
      expect(answer.headers.get('cache-control')).toStartWith('public')
      expect([answer.html.includes('evil'), answer.html.includes('ann@')]).toEqual([false, false])
    }
})
