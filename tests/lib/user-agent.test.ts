import { expect, test } from 'bun:test'
import { browserName, deviceKind, knownBrowserName } from '@/lib/user-agent'

const CHROME = 'AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0'
const WEBKIT = 'AppleWebKit/605.1.15 (KHTML, like Gecko)'

test.each([
  ['Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0', 'Firefox on Linux'],
  [`Mozilla/5.0 (Windows NT 10.0; Win64; x64) ${CHROME} Safari/537.36`, 'Chrome on Windows'],
  [`Mozilla/5.0 (Windows NT 10.0; Win64; x64) ${CHROME} Safari/537.36 Edg/126.0.0.0`, 'Microsoft Edge on Windows'],
  [
    `Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) ${WEBKIT} Version/17.5 Mobile/15E148 Safari/604.1`,
    'Safari on iOS',
  ],
  [`Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) ${WEBKIT} Version/17.5 Safari/605.1.15`, 'Safari on macOS'],
  [`Mozilla/5.0 (Linux; Android 14; Pixel 8) ${CHROME} Mobile Safari/537.36`, 'Chrome on Android'],
  ['curl/8.1', '“curl/8.1”'],
  ['Test browser', '“Test browser”'],
])('the browser name of %j is %s', (userAgent, name) => {
  expect(browserName(userAgent)).toBe(name)
})

test.each(['', '   '])('the user agent %j has no browser name', (userAgent) => {
  expect(browserName(userAgent)).toBe('A browser without a name')
})

test('a newer version of a browser has the same name', () => {
  const version = (n: number) => `Mozilla/5.0 (X11; Linux x86_64; rv:${n}.0) Gecko/20100101 Firefox/${n}.0`
  expect(browserName(version(129))).toBe(browserName(version(128)))
})

test.each(['x'.repeat(256), `${'x'.repeat(250)}/1 y`, `${'x'.repeat(50)}/1 Linux`])(
  'an unknown user agent is shortened to 30 characters and quoted',
  (userAgent) => {
    expect(browserName(userAgent)).toBe(`“${'x'.repeat(30)}”`)
  },
)

test.each([
  ['Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0', 'computer'],
  [`Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) ${WEBKIT} Version/17.5 Safari/605.1.15`, 'computer'],
  [`Mozilla/5.0 (X11; CrOS x86_64 14541.0.0) ${CHROME} Safari/537.36`, 'computer'],
  [`Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) ${WEBKIT} Version/17.5 Mobile/15E148 Safari/604.1`, 'phone'],
  [`Mozilla/5.0 (Linux; Android 14; Pixel 8) ${CHROME} Mobile Safari/537.36`, 'phone'],
  [`Mozilla/5.0 (iPad; CPU OS 17_5 like Mac OS X) ${WEBKIT} Version/17.5 Mobile/15E148 Safari/604.1`, 'tablet'],
  [`Mozilla/5.0 (Linux; Android 14; SM-X910) ${CHROME} Safari/537.36`, 'tablet'],
  [`Mozilla/5.0 (SMART-TV; Linux; Tizen 6.0) ${CHROME} TV Safari/537.36`, 'unknown'],
  ['curl/8.1', 'unknown'],
  ['', 'unknown'],
  [' ', 'unknown'],
] as const)('the device of %j is of the kind %s', (userAgent, kind) => {
  expect(deviceKind(userAgent)).toBe(kind)
})

test('a user agent has the same name and kind after many others', () => {
  const userAgent = `Mozilla/5.0 (Windows NT 10.0; Win64; x64) ${CHROME} Safari/537.36`
  for (let i = 0; i < 1200; i++) browserName(`Browser ${i}`)
  expect([browserName(userAgent), deviceKind(userAgent)]).toEqual(['Chrome on Windows', 'computer'])
})

test.each([
  ['Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0', 'Firefox on Linux'],
  ['Mozilla/5.0 (<b>evil</b> 1.0; rv:128.0) Gecko/20100101 Firefox/128.0', 'Firefox'],
  ['curl/8.1', 'an unknown browser'],
  ['<b>evil</b>/1.0', 'an unknown browser'],
  ['evil@evil.test', 'an unknown browser'],
  ['', 'an unknown browser'],
])('a mail names the browser %j only by words of a fixed list: %s', (userAgent, name) => {
  expect(knownBrowserName(userAgent)).toBe(name)
})
