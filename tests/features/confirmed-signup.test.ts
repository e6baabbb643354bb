import { expect, setDefaultTimeout, test } from 'bun:test'
import { days, hours, minutes } from '@/lib/duration'
import { deleteAccountNow } from '@/model/accounts/delete-account'
import { deleteBatch, FIRST_CURSOR, type Cursor } from '@/model/retention/retention'
import { createUser } from '@/model/users/users'
import { findUserByEmail } from '@/model/users/user-list'
import type { Browser } from '../support/browser'
import { dumpDatabase } from '../support/dump-database'
import { codeIn, linkIn, newestMail, otherCode } from '../support/mailed'
import { annAndEveWithMail } from '../support/one-time-links'
import { ann, annAndEve, eve } from '../support/people'
import { mailSite, openSite, type Site } from '../support/site'

setDefaultTimeout(60_000)

// Sign-up with EMAIL_VERIFICATION=required: the account exists once its address is confirmed.

const REQUIRED = { EMAIL_VERIFICATION: 'required' }
const zoe = { email: 'Zoe@example.test', name: 'Zoe', password: 'violet marmalade kettle' }
const NEW_PASSWORD = 'five boxing wizards'
const INVALID = '<h1>This link no longer works</h1>'
const LOGIN_FAILED = 'Please check your login details and try again.'

/** A visitor who has signed up, and the mail. */
async function zoeSignsUp(env: Record<string, string> = {}) {
  const site = await mailSite({ ...REQUIRED, ...env })
  const zoes = site.browser()
  const { status, to } = await zoes.post('/signup', zoe)
  expect([status, to]).toEqual([303, '/verify-email'])
  const mail = await newestMail(site)
  return { ...site, zoes, mail, link: linkIn(mail), code: codeIn(mail) }
}

const post = (browser: Browser, fields: Record<string, string> = {}) => browser.post('/verify-email', fields)

/** Opens the link of a mail as a browser does. */
async function open(browser: Browser, link: string) {
  const { status, to, html } = await browser.get(link)
  expect([status, to, html]).toEqual([303, '/verify-email', ''])
  return browser.get('/verify-email')
}

const users = ({ deps }: Pick<Site, 'deps'>) =>
  deps.db.selectFrom('users').select(['email', 'name', 'email_verified_at']).execute()

async function rowsLeft(site: Pick<Site, 'deps'>) {
  const { pending_signups, one_time_tokens } = await dumpDatabase(site)
  return [pending_signups?.length, one_time_tokens?.length]
}

const logIn = async (site: Pick<Site, 'browser'>, password: string) =>
  (await site.browser().post('/login', { email: zoe.email, password })).status

test('a sign-up by code creates the account, with a verified address, and logs in', async () => {
  const site = await zoeSignsUp()
  const { zoes, mail, code } = site
  expect(await users(site)).toEqual([])
  expect(await logIn(site, zoe.password)).toBe(422)
  const page = await zoes.get('/verify-email')
  expect(page.status).toBe(200)
  expect(page.html).toContain('<h1>Check your email</h1>')
  expect(page.html).toContain(
    'We sent an email to <strong><bdi>Zoe@example.test</bdi></strong>. Enter the code from it here, or use the link in it.',
  )
  expect(page.html).toMatch(
    /<input id="code" name="code" type="text"[^>]* autocomplete="one-time-code"[^>]* inputmode="numeric"/,
  )
  expect([mail.to, mail.subject]).toEqual(['zoe@example.test', 'Confirm your email address'])
  const done = await post(zoes, { code: code.replace(' ', '-') })
  expect([done.status, done.to]).toEqual([303, '/profile'])
  expect((await zoes.get('/profile')).html).toContain('Your email address is confirmed, and you are logged in.')
  expect(await users(site)).toEqual([{ email: zoe.email, name: 'Zoe', email_verified_at: site.deps.now() }])
  expect(await rowsLeft(site)).toEqual([0, 0])
  expect([zoes.jar.has('flow'), zoes.jar.has('one-time')]).toEqual([false, false])
  expect((await post(zoes, { code })).status).toBe(410)
  expect(site.events.filter(({ kind }) => /sign/.test(kind)).map(({ kind }) => kind)).toEqual([
    'sign-up-requested',
    'signed-up',
  ])
})

test('in the browser that signed up the link shows a button, which logs in', async () => {
  const site = await zoeSignsUp()
  const { zoes, link } = site
  const page = await open(zoes, link)
  expect([page.status, page.html.includes('<h1>Confirm your email address</h1>')]).toEqual([200, true])
  expect(page.html).toContain('Zoe@example.test')
  expect(page.html).toContain('I didn’t sign up')
  expect(page.html).not.toContain('type="password"')
  expect(await users(site)).toEqual([])
  expect(await post(zoes)).toMatchObject({ status: 303, to: '/profile' })
  expect((await zoes.get('/profile')).html).toContain('Your email address is confirmed, and you are logged in.')
  expect(await rowsLeft(site)).toEqual([0, 0])
  expect((await open(zoes, link)).status).toBe(410)
})

test('in another browser the link asks for the password of the sign-up', async () => {
  const site = await zoeSignsUp()
  const phone = site.browser('Phone')
  const page = await open(phone, site.link)
  expect([page.status, page.html.includes('<h1>Finish signing up</h1>')]).toEqual([200, true])
  expect(page.html).toContain(
    'Someone, probably you, signed up with <strong><bdi>Zoe@example.test</bdi></strong>. Enter the password you chose.',
  )
  for (const fields of [{}, { password: '' }, { password: 'wrong horse battery' }] as Record<string, string>[]) {
    const wrong = await post(phone, fields)
    expect([wrong.status, wrong.html.includes(LOGIN_FAILED), phone.jar.has('session')]).toEqual([422, true, false])
  }
  expect(await users(site)).toEqual([])
  expect(await post(phone, { password: zoe.password })).toMatchObject({ status: 303, to: '/profile' })
  expect((await phone.get('/settings/password')).status).toBe(200) // the password was typed just now
  expect(await users(site)).toHaveLength(1)
  for (const answer of [await site.zoes.get('/verify-email'), await post(site.zoes, { code: site.code })])
    expect([answer.status, answer.html.includes(INVALID)]).toEqual([410, true])
})

test('the link also takes a new password, which leads to the login', async () => {
  const site = await zoeSignsUp()
  const phone = site.browser('Phone')
  await open(phone, site.link)
  const weak = await post(phone, { new_password: 'zoe@example' })
  expect([weak.status, weak.html.includes('id="new_password-error"'), weak.html.includes('zoe@example"')]).toEqual([
    422,
    true,
    false,
  ])
  expect(await post(phone, { new_password: NEW_PASSWORD })).toMatchObject({ status: 303, to: '/login' })
  expect((await phone.get('/login')).html).toContain('Account created. Please log in.')
  expect([await logIn(site, zoe.password), await logIn(site, NEW_PASSWORD)]).toEqual([422, 303])
  expect((await findUserByEmail(site.deps, zoe.email))?.email_verified_at).toBe(site.deps.now())
})

test('a declined sign-up leaves nothing', async () => {
  const site = await zoeSignsUp()
  const phone = site.browser('Phone')
  await open(phone, site.link)
  const declined = await phone.post('/verify-email/decline')
  expect([declined.status, declined.to]).toEqual([200, null])
  expect(declined.html).toContain('Thanks for telling us. No account was created with your address.')
  expect([await users(site), await rowsLeft(site)]).toEqual([[], [0, 0]])
  expect((await post(site.zoes, { code: site.code })).status).toBe(410)
  expect((await phone.post('/verify-email/decline')).status).toBe(410)
  expect((await open(phone, site.link)).status).toBe(410)
})

test('a second sign-up in the same browser replaces the first one, for a mistyped address', async () => {
  const site = await zoeSignsUp()
  await site.zoes.get(site.link)
  expect((await site.zoes.post('/signup', { ...zoe, email: 'zoey@example.test' })).status).toBe(303)
  expect((await site.zoes.get('/verify-email')).html).toContain('zoey@example.test')
  expect((await open(site.browser(), site.link)).status).toBe(410)
  const second = codeIn(await newestMail(site))
  expect((await post(site.zoes, { code: site.code })).status).toBe(422)
  expect((await post(site.zoes, { code: second })).to).toBe('/profile')
  expect(await users(site)).toMatchObject([{ email: 'zoey@example.test' }])
})

test('after 24 hours neither the code nor the link works, and the code works for 30 minutes', async () => {
  const site = await zoeSignsUp()
  site.advance(minutes(30) - 1)
  const flow = site.zoes.copy()
  site.advance(1)
  expect((await post(flow.copy(), { code: site.code })).status).toBe(422)
  site.advance(days(1) - minutes(30) - 1)
  expect((await open(site.browser(), site.link)).status).toBe(200)
  expect((await flow.get('/verify-email')).status).toBe(200)
  site.advance(1)
  const late = site.browser()
  expect((await open(late, site.link)).status).toBe(410)
  expect((await post(late, { password: zoe.password })).status).toBe(410)
  expect((await flow.get('/verify-email')).status).toBe(410)
  expect((await post(flow, { code: site.code })).status).toBe(410)
  expect(await users(site)).toEqual([])
})

test('a sign-up that was not confirmed is deleted after 24 hours, with its tokens', async () => {
  const site = await zoeSignsUp()
  const retention = async () => {
    for (let cursor: Cursor | undefined = FIRST_CURSOR; cursor;) cursor = await deleteBatch(site.deps, cursor)
  }
  site.advance(days(1) - 1)
  await retention()
  expect(await rowsLeft(site)).toEqual([1, 1])
  site.advance(1)
  await retention()
  expect(await rowsLeft(site)).toEqual([0, 0])
})

test('the deletion of an account deletes the sign-ups with its address', async () => {
  const site = await annAndEveWithMail(REQUIRED)
  await site.browser().post('/signup', { ...zoe, email: ann.email })
  await site.browser().post('/signup', zoe)
  await deleteAccountNow(site.deps, site.users.ann, 'command line')
  const left = await site.deps.db.selectFrom('pending_signups').select('email').execute()
  expect(left).toEqual([{ email: zoe.email }])
})

test('a code works one millisecond before the end of its 30 minutes', async () => {
  const site = await zoeSignsUp()
  site.advance(minutes(30) - 1)
  expect((await post(site.zoes, { code: site.code })).to).toBe('/profile')
})

test('a link works for 24 hours after its mail, which the mail server delayed', async () => {
  const site = await mailSite(REQUIRED)
  const zoes = site.browser()
  await zoes.post('/signup', zoe)
  site.advance(hours(20))
  const link = linkIn(await newestMail(site))
  site.advance(days(1) - 1)
  const phone = site.browser()
  expect((await open(phone, link)).status).toBe(200)
  expect((await post(phone, { password: zoe.password })).to).toBe('/profile')
})

test('Eve signs up with Ann’s address and Ann uses the link: Eve’s password never works', async () => {
  const site = await mailSite(REQUIRED)
  const eves = site.browser()
  await eves.post('/signup', { ...zoe, password: eve.password })
  const anns = site.browser()
  const page = await open(anns, linkIn(await newestMail(site)))
  expect(page.html).toContain('<h1>Finish signing up</h1>') // one click confirms nothing
  expect((await post(anns)).status).toBe(422)
  expect((await post(anns, { password: ann.password })).status).toBe(422)
  expect((await post(anns, { new_password: ann.password })).to).toBe('/login')
  expect([await logIn(site, eve.password), await logIn(site, ann.password)]).toEqual([422, 303])
  expect((await eves.get('/verify-email')).status).toBe(410)
  expect((await eves.get('/profile')).to).toStartWith('/login')
  expect(await logIn(site, eve.password)).toBe(422)
})

test.each([
  ['a code', (site: { zoes: Browser; code: string }) => post(site.zoes, { code: site.code })],
  [
    'a link and the password',
    async (site: Site & { link: string }) => {
      const phone = site.browser()
      await open(phone, site.link)
      return post(phone, { password: zoe.password })
    },
  ],
])('an address that was taken meanwhile creates no account: %s', async (_, confirm) => {
  const site = await zoeSignsUp()
  await createUser(site.deps, { ...zoe, password: ann.password })
  const answer = await confirm(site)
  expect([answer.status, answer.to]).toEqual([303, '/login'])
  expect(answer.set.join()).toContain('flash=account-exists')
  expect([await users(site), await rowsLeft(site)]).toMatchObject([[{ name: 'Zoe' }], [0, 0]])
  expect(await logIn(site, zoe.password)).toBe(422)
})

test('the wanted page is kept on the way', async () => {
  const site = await mailSite(REQUIRED)
  const zoes = site.browser()
  expect((await zoes.post('/signup', { ...zoe, next: '/settings' })).to).toBe('/verify-email?next=%2Fsettings')
  await site.deliverMail()
  site.advance(1)
  const page = await zoes.get('/verify-email?next=%2Fsettings')
  expect(page.html.match(/name="next" value="\/settings"/g)).toHaveLength(2)
  expect((await zoes.post('/verify-email/resend', { next: '/settings' })).to).toBe('/verify-email?next=%2Fsettings')
  const code = codeIn(await newestMail(site))
  expect((await zoes.post('/verify-email', { code, next: '//evil.test' })).status).toBe(400)
  expect((await zoes.post('/verify-email', { code: otherCode(code), next: '/settings' })).html).toContain(
    'name="next" value="/settings"',
  )
  expect((await zoes.post('/verify-email', { code, next: '/settings' })).to).toBe('/settings')
})

test('the session is fresh only for a while after the password was typed', async () => {
  const freshAfter = async (ms: number) => {
    const site = await zoeSignsUp({ FRESH_SECONDS: '60' })
    site.advance(ms)
    await post(site.zoes, { code: site.code })
    return (await site.zoes.get('/settings/password')).status
  }
  expect([await freshAfter(minutes(1) - 1), await freshAfter(minutes(1))]).toEqual([200, 303])
})

test('another user who is logged in in this browser stays logged in', async () => {
  const site = await annAndEveWithMail(REQUIRED)
  const anns = await site.as(ann)
  const session = anns.jar.get('session')
  expect((await anns.post('/signup', zoe)).to).toBe('/verify-email')
  const code = codeIn(await newestMail(site))
  const { status, html } = await post(anns, { code })
  expect([status, anns.jar.get('session')]).toEqual([200, session])
  expect(html.replace(/<\/?(strong|bdi)>/g, '')).toContain(
    'Zoe@example.test is now confirmed. You are still logged in as ann@example.test.',
  )
  expect(await logIn(site, zoe.password)).toBe(303)
})

test('a mail can be sent again, and then the newest code counts', async () => {
  const site = await zoeSignsUp()
  site.advance(minutes(1))
  const again = await site.zoes.post('/verify-email/resend')
  expect([again.status, again.to]).toEqual([303, '/verify-email'])
  expect((await site.zoes.get('/verify-email')).html).toContain(
    'If we can send another email, it will arrive in a few minutes.',
  )
  const second = codeIn(await newestMail(site))
  expect(second).not.toBe(site.code)
  expect((await post(site.zoes, { code: site.code })).status).toBe(422)
  expect((await open(site.browser(), site.link)).status).toBe(200) // the link of the first mail still works
  expect((await post(site.zoes, { code: second })).to).toBe('/profile')
})

test('after the page of a link, another mail leads back to the code', async () => {
  const site = await zoeSignsUp()
  await open(site.zoes, site.link)
  await site.zoes.post('/verify-email/resend')
  expect((await site.zoes.get('/verify-email')).html).toContain('<h1>Check your email</h1>')
})

test('a link that does not work shows its page, and leads back to the code', async () => {
  const { zoes, link, code } = await zoeSignsUp()
  for (const broken of [link.slice(0, -1), `${link.slice(0, -1)}${link.endsWith('A') ? 'B' : 'A'}`]) {
    const page = await open(zoes, broken)
    expect([page.status, page.html.includes(INVALID)]).toEqual([410, true])
    expect((await zoes.get('/verify-email')).html).toContain('<h1>Check your email</h1>')
  }
  expect(await post(zoes, { code })).toMatchObject({ status: 303, to: '/profile' })
})

test('too many mails to an address give the same answer and no mail', async () => {
  const site = await zoeSignsUp()
  const seen = async () => {
    const { status, to, set, headers } = await site.zoes.post('/verify-email/resend')
    return JSON.stringify([status, to, set, [...headers]])
  }
  const answers = [await seen(), await seen(), await seen(), await seen()]
  expect(new Set(answers).size).toBe(1)
  await site.deliverMail()
  expect(site.mailbox.mails).toHaveLength(3)
  const other = site.browser()
  expect((await other.post('/signup', zoe)).to).toBe('/verify-email')
  expect((await other.get('/verify-email')).status).toBe(200)
  await site.deliverMail()
  expect(site.mailbox.mails).toHaveLength(3)
  site.advance(hours(1))
  await other.post('/verify-email/resend')
  await site.deliverMail()
  expect(site.mailbox.mails).toHaveLength(4)
})

test('too many mails from one source are refused, and the form keeps the typed text', async () => {
  const site = await mailSite({ ...REQUIRED, TRUST_PROXY: '1' })
  const from = { 'x-forwarded-for': '192.0.2.7' }
  for (let i = 0; i < 20; i++)
    expect((await site.browser().post('/signup', { ...zoe, email: `zoe${i}@example.test` }, from)).status).toBe(303)
  const zoes = site.browser()
  await zoes.post('/signup', zoe)
  const flow = zoes.jar.get('flow')
  const refused = await zoes.post('/signup', zoe, from)
  expect([refused.status, refused.headers.get('retry-after'), zoes.jar.get('flow')]).toEqual([429, '3600', flow])
  expect(refused.html).toContain('You’ve asked for too many emails. Try again in 1 hour.')
  expect(refused.html).toContain('value="Zoe@example.test"')
  const again = await zoes.post('/verify-email/resend', {}, from)
  expect([again.status, again.headers.get('retry-after')]).toEqual([429, '3600'])
  expect(again.html).toContain('You’ve asked for too many emails. Try again in 1 hour.')
})

test('passwords at the link count as logins of the address', async () => {
  const site = await zoeSignsUp()
  const phone = site.browser('Phone')
  await open(phone, site.link)
  for (let i = 0; i < 5; i++) expect((await post(phone, { password: 'wrong' })).status).toBe(422)
  const refused = await post(phone, { password: zoe.password })
  expect([refused.status, refused.headers.get('retry-after')]).toEqual([429, '1'])
  expect(refused.html).toContain('Too many attempts.')
  expect((await site.browser().post('/login', { email: zoe.email, password: 'wrong' })).status).toBe(429)
  site.advance(1000)
  expect((await post(phone, { password: zoe.password })).to).toBe('/profile')
})

test('without a flow and without a link there is nothing to confirm', async () => {
  const site = await mailSite(REQUIRED)
  const answers = [
    await site.browser().get('/verify-email'),
    await post(site.browser(), { code: '12345678' }),
    await post(site.browser()),
    await site.browser().post('/verify-email/resend'),
    await site.browser().post('/verify-email/decline'),
  ]
  for (const { status, html } of answers) expect([status, html.includes(INVALID)]).toEqual([410, true])
  expect(answers[0]?.html).toMatch(/href="\/login"[^>]*>Log in<[^]*href="\/signup"[^>]*>Sign up</)
})

test('htmx gets 204 and the next page, or the page as a partial', async () => {
  const site = await mailSite(REQUIRED)
  const zoes = site.browser()
  const to = async (path: string, fields = {}) => {
    const { status, headers } = await zoes.postHtmx(path, fields)
    return [status, headers.get('hx-redirect')]
  }
  expect(await to('/signup', zoe)).toEqual([204, '/verify-email'])
  await site.deliverMail()
  site.advance(1)
  expect(await to('/verify-email/resend')).toEqual([204, '/verify-email'])
  const code = codeIn(await newestMail(site))
  const wrong = await zoes.postHtmx('/verify-email', { code: otherCode(code) })
  expect([wrong.status, wrong.html.startsWith('<title>Error: Check your email')]).toEqual([422, true])
  expect(wrong.html).toContain('That code isn’t right. Use the 8 digits from our most recent email.')
  expect(await to('/verify-email', { code })).toEqual([204, '/profile'])
  expect((await zoes.postHtmx('/verify-email/decline')).status).toBe(410)
})

test('errors in the form are shown as before, and no mail is asked for', async () => {
  const site = await mailSite(REQUIRED)
  const { status, html, set } = await site.browser().post('/signup', { email: 'zoe@', name: '', password: 'short' })
  expect([status, set, html.match(/class="field-error"/g)?.length]).toEqual([422, [], 3])
  expect(await rowsLeft(site)).toEqual([0, 0])
})

test('while mail is off there is no page of a verification', async () => {
  const { browser } = await openSite()
  for (const answer of [
    await browser().get('/verify-email'),
    await post(browser()),
    await browser().post('/verify-email/resend'),
    await browser().post('/verify-email/decline'),
  ])
    expect(answer.status).toBe(404)
})

test('with optional verification, a sign-up creates the account, keeps its texts and sends a mail', async () => {
  const site = await mailSite({ EMAIL_VERIFICATION: 'optional' })
  const zoes = site.browser()
  expect(await zoes.post('/signup', zoe)).toMatchObject({ status: 303, to: '/login' })
  expect((await zoes.get('/login')).html).toContain('Account created. Please log in.')
  expect((await site.browser().post('/signup', { ...zoe, password: NEW_PASSWORD })).html).toContain(
    'Email address already exists. Go to <a href="/login">login page</a>.',
  )
  const mails = await site.deps.db.selectFrom('mails').select(['kind', 'recipient']).execute()
  expect(mails).toEqual([{ kind: 'verify-email', recipient: 'zoe@example.test' }])
  expect(await users(site)).toMatchObject([{ email_verified_at: null }])
})

test('without verification, a sign-up sends no mail', async () => {
  for (const site of [await mailSite({ EMAIL_VERIFICATION: 'off' }), await annAndEve()]) {
    await site.browser().post('/signup', zoe)
    expect(await site.deps.db.selectFrom('mails').select('kind').execute()).toEqual([])
  }
})
