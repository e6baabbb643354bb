import { expect, spyOn, test } from 'bun:test'
import { ann, annAndEve } from '../../support/people'

const FORM = 'application/x-www-form-urlencoded'
const credentials = `${new URLSearchParams(ann)}`

/** Posts raw bytes to the login and reports whether a password was checked. */
async function send(
  body: string | Uint8Array<ArrayBuffer> | ReadableStream | undefined,
  headers: Record<string, string>,
  path = '/login',
) {
  const { browser } = await annAndEve()
  const verify = spyOn(Bun.password, 'verify')
  const { status, set } = await browser().ask(path, {
    method: 'POST',
    body,
    headers: { 'sec-fetch-site': 'same-origin', ...headers },
  })
  const hashes = verify.mock.calls.length
  verify.mockRestore()
  return { status, hashes, isIn: set.some((line) => line.startsWith('session=')) }
}

test.each([FORM, 'Application/X-WWW-Form-Urlencoded', `${FORM}; charset=utf-8`, `${FORM};charset="UTF-8"`])(
  'a form with the content type %s is accepted',
  async (type) => {
    expect(await send(credentials, { 'content-type': type })).toMatchObject({ status: 303, isIn: true })
  },
)

test.each([
  'application/json',
  'text/plain',
  'application/x-evil',
  'multipart/form-data; boundary=x',
  `${FORM}; charset=utf-16`,
  `${FORM}x`,
  `x${FORM}`,
  'application/json, text/html',
  '',
])('a form with the content type %j is rejected before parsing', async (type) => {
  expect(await send(credentials, { 'content-type': type })).toEqual({ status: 415, hashes: 0, isIn: false })
})

test('a body without a content type or with a content encoding is rejected', async () => {
  expect(await send(credentials, { 'content-length': '60', 'content-type': '' })).toMatchObject({ status: 415 })
  expect(await send(credentials, { 'content-type': FORM, 'content-encoding': 'gzip' })).toEqual({
    status: 415,
    hashes: 0,
    isIn: false,
  })
})

test('a request without a body needs no content type', async () => {
  const { browser } = await annAndEve()
  expect((await browser().ask('/logout', { method: 'POST', headers: {} })).status).toBe(303)
})

test('a body of 64 KiB is accepted, and one byte more is rejected with and without Content-Length', async () => {
  const filled = (bytes: number) => `${credentials}&x=`.padEnd(bytes, 'x')
  const stream = (bytes: number) => new Blob([filled(bytes)]).stream()
  expect(await send(filled(65_536), { 'content-type': FORM })).toMatchObject({ status: 303 })
  expect(await send(filled(65_537), { 'content-type': FORM })).toEqual({ status: 413, hashes: 0, isIn: false })
  expect(await send(filled(65_537), { 'content-type': FORM, 'content-length': '65537' })).toEqual({
    status: 413,
    hashes: 0,
    isIn: false,
  })
  expect(await send(stream(65_536), { 'content-type': FORM })).toMatchObject({ status: 303 })
  expect(await send(stream(1_000_000), { 'content-type': FORM })).toEqual({ status: 413, hashes: 0, isIn: false })
})

test.each([
  ['a field twice', `${credentials}&email=eve@example.test`, 400],
  ['the password twice', `${credentials}&password=other`, 400],
  ['fifty-one fields', `${credentials}&${Array(48).fill('x=1').join('&')}`, 400],
  ['broken percent signs', `${credentials}&x=%ZZ`, 400],
  ['half a percent sign', `${credentials}&x=%`, 400],
  ['broken UTF-8', `${credentials}&x=%FF%FE`, 400],
  ['overlong UTF-8', `${credentials}&x=%C0%80`, 400],
  ['a surrogate in UTF-8', `${credentials}&x=%ED%A0%80`, 400],
])('a form with %s does not log in', async (_, body, status) => {
  expect(await send(body, { 'content-type': FORM })).toEqual({ status, hashes: 0, isIn: false })
})

test('a form with fifty fields is accepted', async () => {
  const fifty = `${credentials}&${Array.from({ length: 47 }, (_, i) => `x${i}=1`).join('&')}`
  expect(await send(fifty, { 'content-type': FORM })).toMatchObject({ status: 303 })
})

test('a GET request can have a content type', async () => {
  const { browser } = await annAndEve()
  expect((await browser().get('/api/status', { 'content-type': 'application/json' })).status).toBe(200)
})

test('a form with invalid UTF-8 does not log in', async () => {
  expect(
    await send(new Uint8Array([...new TextEncoder().encode(`${credentials}&x=`), 0xff]), { 'content-type': FORM }),
  ).toEqual({ status: 400, hashes: 0, isIn: false })
})

test('a form can use names of built-in object properties as field names', async () => {
  for (const name of [
    '__proto__',
    'constructor',
    'toString',
    'password[50000000]',
    'email[a]',
    'x onmouseover=alert(1) y',
  ])
    expect(await send(`${credentials}&${encodeURIComponent(name)}=x`, { 'content-type': FORM })).toMatchObject({
      status: 303,
    })
  expect(({} as Record<string, unknown>).x).toBeUndefined()
})

test('a password with a NUL differs from the part before it', async () => {
  expect(await send(`${credentials}%00tail`, { 'content-type': FORM })).toMatchObject({ status: 422, isIn: false })
})
