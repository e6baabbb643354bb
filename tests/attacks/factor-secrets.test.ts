import { expect, test } from 'bun:test'
import { Secret } from 'otpauth'
import { totpCodeAt } from '@/lib/totp'
import { minutes, seconds } from '@/lib/duration'
import { dumpDatabase } from '../support/dump-database'
import { logLines, takeLoggedErrors } from '../support/no-stray-errors'
import { ann, createPeople } from '../support/people'
import { mailSite } from '../support/site'
import { readNewCodes, SECURITY, startSetup } from '../support/two-step-pages'

const KEY = Buffer.alloc(32, 7).toString('base64url')

/** Ann sets up two-step verification, uses her codes, and types them into wrong places. */
async function tour() {
  const site = await createPeople(await mailSite({ SECRET_KEYS: KEY }))
  const { browser, app, secret, code } = await startSetup(site)
  const later: string[] = []
  const keep = ({ html }: { html: string }) => void later.push(html)
  keep(await browser.post(`${SECURITY}/app`, { app, code: code(), name: 'Phone' }))
  const { codes, set } = readNewCodes((await browser.post(`${SECURITY}/recovery-codes`)).html)
  keep(await browser.post(`${SECURITY}/recovery-codes/saved`, { saved: 'yes', set, codes: codes.join(' ') }))
  for (const page of [SECURITY, `${SECURITY}/recovery-codes`, `${SECURITY}/app/new`, '/settings/activity'])
    keep(await browser.get(page))
  const [first = '', second = ''] = codes
  site.advance(seconds(30))
  const usedCode = totpCodeAt(secret, site.deps.now())
  const visitor = site.browser()
  await visitor.post('/login', ann)
  const tokens = [visitor.jar.get('pending') ?? '', browser.jar.get('session') ?? '']
  keep(await visitor.post('/login/second-step', { code: first }))
  keep(await visitor.post('/login/second-step', { recovery_code: secret }))
  keep(await visitor.post('/login/second-step', { code: usedCode }))
  tokens.push(visitor.jar.get('session') ?? '', visitor.jar.get('device') ?? '')
  keep(await visitor.post(`${SECURITY}/app/new?secret=${secret}`))
  site.advance(minutes(6))
  keep(await visitor.post(`${SECURITY}/recovery-codes/saved`, { saved: 'yes', set, codes: codes.join(' ') })) // stale
  keep(await visitor.post('/relogin/code', { recovery_code: second }))
  await site.deliverMail()
  return { ...site, secret, codes, usedCode, tokens, later }
}

/** A secret of an app in the encodings in which it could leak. */
function spellingsOf(secret: string) {
  const { bytes, hex } = Secret.fromBase32(secret)
  return [
    secret,
    secret.toLowerCase(),
    hex,
    Buffer.from(bytes).toString('base64'),
    Buffer.from(bytes).toString('base64url'),
  ]
}

test('no app secret, code, recovery code, cookie or key is in the log, the database, an event, a mail or a later answer', async () => {
  const site = await tour()
  const recoveryCodes = site.codes.flatMap((code) => [code, code.replaceAll('-', '')])
  expect(site.tokens.map((token) => token.length)).toEqual([43, 43, 43, 43])
  const secrets = [
    ...spellingsOf(site.secret),
    ...recoveryCodes,
    ...site.tokens,
    KEY,
    Buffer.alloc(32, 7).toString('hex'),
  ]
  const places = {
    log: logLines.join('\n'),
    database: JSON.stringify(await dumpDatabase(site)),
    events: JSON.stringify(site.events),
    mails: JSON.stringify(site.mailbox.mails),
    answers: site.later.join('\n'),
  }
  expect(places.log).toContain(`${SECURITY}/recovery-codes/saved`)
  expect(places.mails).toContain('Two-step verification is on')
  for (const [place, text] of Object.entries(places))
    for (const secret of secrets) expect([place, secret, text.includes(secret)]).toEqual([place, secret, false])
  for (const [place, text] of Object.entries(places))
    expect([place, new RegExp(`\\b${site.usedCode}\\b`).test(text)]).toEqual([place, false])
  expect(takeLoggedErrors()).toEqual([])
})
