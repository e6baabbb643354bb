import { expect, test } from 'bun:test'
import { days } from '@/lib/duration'
import { openSite } from '../support/site'

const TEXT = '/.well-known/security.txt'

test('security.txt has the contact and expires in ninety days (RFC 9116)', async () => {
  const { browser, advance, deps } = await openSite({
    SECURITY_CONTACT: 'mailto:security@app.test',
    APP_URL: 'https://app.test',
  })
  advance(days(400))
  const { status, headers, html, set } = await browser().get(TEXT)
  expect([status, headers.get('content-type'), set]).toEqual([200, 'text/plain; charset=utf-8', []])
  expect(html).toBe(
    'Contact: mailto:security@app.test\n' +
      `Expires: ${new Date(deps.now() + days(90)).toISOString()}\n` +
      'Preferred-Languages: en\n' +
      'Canonical: https://app.test/.well-known/security.txt\n',
  )
})

test('security.txt does not exist without a contact', async () => {
  expect((await (await openSite()).browser().get(TEXT)).status).toBe(404)
})

test('password managers find the pages for passkeys, unless passkeys cannot work', async () => {
  const { browser } = await openSite({ APP_URL: 'https://app.example' })
  const answer = await browser().get('/.well-known/passkey-endpoints')
  expect(answer.headers.get('content-type')).toContain('application/json')
  expect(JSON.parse(answer.html)).toEqual({
    enroll: 'https://app.example/settings/security/passkeys/new',
    manage: 'https://app.example/settings/security',
  })
  const onIp = await openSite({ APP_URL: 'http://192.0.2.1' })
  expect((await onIp.browser().get('/.well-known/passkey-endpoints')).status).toBe(404)
})
