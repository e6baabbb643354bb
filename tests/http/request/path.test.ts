import { expect, test } from 'bun:test'
import { refererPath } from '@/http/request/path'

const from = (referer?: string, url = 'http://localhost:3000/here') =>
  refererPath(new Request(url, referer === undefined ? {} : { headers: { referer } }))

test('the page that the user came from is a path of this site with its query', () => {
  expect(from('http://localhost:3000/settings/sessions?after=1')).toBe('/settings/sessions?after=1')
  expect(from('http://localhost:3000/profile#name')).toBe('/profile')
  expect(from('http://localhost:3000')).toBe('/')
  expect(from('https://app.example/profile', 'http://app.example/here')).toBe('/profile') // the proxy speaks https
})

test.each([
  [undefined],
  [''],
  ['/profile'],
  ['http://evil.test/'],
  ['http://localhost:3001/'],
  ['http://localhost.evil.test:3000/'],
  ['http://localhost:3000@evil.test/'],
  ['http://localhost:3000//evil.test/'],
  ['http://localhost:3000/\\evil.test/'],
  ['http://localhost:3000/.//evil.test/'],
  ['http://localhost:3000/a/..//evil.test/'],
  ['http://localhost:3000/\t/evil.test/'],
  ['foo://localhost:3000/\\evil.test/'],
  ['javascript://localhost:3000/%0aalert(1)'],
  ['data:text/html,x'],
  ['about:blank'],
])('the Referer %p leads to no page of this site', (referer) => {
  expect(from(referer)).toBeUndefined()
})
