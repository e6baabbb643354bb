import { expect, setDefaultTimeout, spyOn, test } from 'bun:test'
import { hours, minutes } from '@/lib/duration'
import { codeIn, newestMail, otherCode } from '../support/mailed'
import { mailSite } from '../support/site'

setDefaultTimeout(60_000)

const zoe = { email: 'zoe@example.test', name: 'Zoe', password: 'violet marmalade kettle' }

/** A browser that waits for the code of a mail. */
async function withCode(env: Record<string, string> = {}) {
  const site = await mailSite({ EMAIL_VERIFICATION: 'required', ...env })
  const browser = site.browser()
  await browser.post('/signup', zoe)
  const code = codeIn(await newestMail(site))
  const send = async (text: string) => (await browser.post('/verify-email', { code: text })).status
  return { ...site, browser, zoes: browser, newVisitor: site.browser, code, wrong: otherCode(code), send }
}

test('after five wrong codes the right one fails, and a new code works', async () => {
  const { code, wrong, send, zoes, ...site } = await withCode()
  const statuses = []
  for (let i = 0; i < 5; i++) statuses.push(await send(wrong))
  expect(statuses).toEqual([422, 422, 422, 422, 410])
  const refused = await zoes.post('/verify-email', { code })
  expect([refused.status, refused.html.includes('<h1>This code no longer works</h1>')]).toEqual([410, true])
  expect(refused.html).toContain('You entered five wrong codes. Request a new one.')
  expect(refused.html).toMatch(/action="\/verify-email\/resend"[^]*Send a new code/)
  site.advance(minutes(1))
  await zoes.post('/verify-email/resend')
  expect(await send(codeIn(await newestMail(site)))).toBe(303)
})

test('the right code works after four wrong ones', async () => {
  const { code, wrong, send } = await withCode()
  for (let i = 0; i < 4; i++) expect(await send(wrong)).toBe(422)
  expect(await send(code)).toBe(303)
})

test('of twenty wrong codes at once five are checked', async () => {
  const { wrong, send, deps } = await withCode()
  const verify = spyOn(Bun.password, 'verify')
  const statuses = await Promise.all(Array.from({ length: 20 }, () => send(wrong)))
  expect(verify.mock.calls).toHaveLength(5)
  verify.mockRestore()
  expect(statuses.toSorted()).toEqual([...Array(16).fill(410), ...Array(4).fill(422)])
  const tokens = await deps.db.selectFrom('one_time_tokens').select('attempt_count').execute()
  expect(tokens).toEqual([{ attempt_count: 5 }])
})

test('of twenty right codes at once one creates the account', async () => {
  const { code, zoes, deps } = await withCode()
  const answers = await Promise.all(Array.from({ length: 20 }, () => zoes.copy().post('/verify-email', { code })))
  expect(answers.filter(({ to }) => to === '/profile')).toHaveLength(1)
  expect(await deps.db.selectFrom('users').select('id').execute()).toHaveLength(1)
})

test.each([
  ['without the cookie', undefined],
  ['with another cookie', 'A'.repeat(43)],
  ['with a cookie of another form', 'x'],
])('a right code %s confirms nothing', async (_, flow) => {
  const { code, newVisitor, deps } = await withCode()
  const other = newVisitor()
  if (flow !== undefined) other.keep('flow', flow)
  expect((await other.post('/verify-email', { code })).status).toBe(410)
  expect(await deps.db.selectFrom('users').select('id').execute()).toEqual([])
})

test('a right code in the browser of another sign-up confirms nothing', async () => {
  const { code, newVisitor, deps } = await withCode()
  const other = newVisitor()
  await other.post('/signup', { ...zoe, email: 'eve@example.test' })
  expect((await other.post('/verify-email', { code })).status).toBe(422)
  expect(await deps.db.selectFrom('users').select('id').execute()).toEqual([])
})

test.each(['1234-5678', ' 12 34 56 78 ', '1234 5678', '12345678'])(
  'a code is read as the mail shows it and as users type it: %s',
  async (typed) => {
    const { code, send } = await withCode()
    const digits = code.replace(' ', '')
    expect(await send(typed.replace(/\d/g, (digit) => digits[Number(digit) - 1] ?? ''))).toBe(303)
  },
)

test.each(['', '1', '0'.repeat(9), 'x'.repeat(10_000), '{"$ne":1}', '١٢٣٤٥٦٧٨', '\0'])(
  'text that is no code counts as a wrong one: %#',
  async (text) => {
    const { send } = await withCode()
    expect(await send(text)).toBe(422)
  },
)

test('a source may enter 20 wrong codes in ten minutes', async () => {
  const { deps, browser, newVisitor, code, wrong, advance } = await withCode({ TRUST_PROXY: '1' })
  const from = { 'x-forwarded-for': '192.0.2.7' }
  const other = newVisitor()
  await other.post('/signup', { ...zoe, email: 'eve@example.test' }, { 'x-forwarded-for': '192.0.2.8' })
  for (let i = 0; i < 20; i++) expect((await other.post('/verify-email', { code: wrong }, from)).status).toBe(422) // no mail yet
  const refused = await browser.post('/verify-email', { code }, from)
  expect([refused.status, refused.headers.get('retry-after')]).toEqual([429, '600'])
  expect(refused.html).toContain('Too many attempts. Wait 10 minutes, then try again.')
  expect(await deps.db.selectFrom('users').select('id').execute()).toEqual([])
  advance(minutes(10))
  expect((await browser.post('/verify-email', { code }, from)).status).toBe(303)
})

test('an attacker who enters codes all day gets at most ten mails with five attempts each for one address', async () => {
  const { zoes, deliverMail, mailbox, advance } = await withCode()
  for (let i = 0; i < 23; i++) {
    advance(hours(1))
    await zoes.post('/verify-email/resend')
    await deliverMail()
  }
  expect(mailbox.mails).toHaveLength(10)
})
