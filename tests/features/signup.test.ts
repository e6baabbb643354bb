import { expect, test } from 'bun:test'
import { branding } from '@/config/branding'
import { ann, annAndEve, annLoggedIn } from '../support/people'
import { openSite } from '../support/site'

const abe = { email: 'Abe@Example.test', name: 'Abe', password: 'five boxing wizards' }

test('a sign-up creates the account and asks the user to log in', async () => {
  const { browser } = await openSite()
  const abes = browser()
  expect(await abes.post('/signup', abe)).toMatchObject({ status: 303, to: '/login' })
  expect((await abes.get('/login')).html).toContain(
    '<p id="flash" class="success" role="status">Account created. Please log in.</p>',
  )
  expect((await abes.get('/profile')).status).toBe(303)
  expect(await abes.post('/login', { ...abe, email: 'abe@example.test' })).toMatchObject({
    status: 303,
    to: '/profile',
  })
})

test('the password is stored only as an argon2id hash', async () => {
  const { browser, deps } = await openSite()
  await browser().post('/signup', abe)
  const stored = JSON.stringify(await deps.db.selectFrom('users').selectAll().execute())
  expect(stored).toContain('$argon2id$')
  expect(stored).not.toContain(abe.password)
})

test('a taken address shows an error beside its field with a link to the login page', async () => {
  const { browser, deps } = await annAndEve()
  const { status, html } = await browser().post('/signup', { ...abe, email: 'ANN@example.test' })
  expect(status).toBe(422)
  expect(html).toContain(
    '<small id="email-error" class="field-error">Email address already exists. Go to <a href="/login">login page</a>.</small>',
  )
  expect(html).toMatch(
    /<input id="email"[^>]* value="ANN@example.test"[^>]* autofocus aria-invalid="true" aria-describedby="email-error"/,
  )
  expect(await deps.db.selectFrom('users').select('name').where('canonical_email', '=', ann.email).execute()).toEqual([
    { name: 'Ann' },
  ])
})

test('all errors appear beside their fields, the first is focused, and only the password is cleared', async () => {
  const { browser } = await openSite()
  const { status, html } = await browser().post('/signup', { email: 'abe@', name: '', password: 'short' })
  expect(status).toBe(422)
  expect(html).toContain(`<title>Error: Sign Up · ${branding.name}</title>`)
  for (const [field, sentence] of [
    ['email', 'Enter an email address like ann@example.com.'],
    ['name', 'Enter your name.'],
    ['password', 'Use at least 12 characters. This has 5.'],
  ]) {
    expect(html).toContain(`<small id="${field}-error" class="field-error">${sentence}</small>`)
    expect(html).toMatch(new RegExp(`<input id="${field}"[^>]* aria-invalid="true" aria-describedby="${field}-error`))
  }
  expect(html.match(/ autofocus/g)).toHaveLength(1)
  expect(html).toMatch(/<input id="email"[^>]* value="abe@"[^>]* autofocus/)
  expect(html).not.toContain('short"')
})

test('the first invalid field has the focus', async () => {
  const { browser } = await openSite()
  const focused = async (fields: object) =>
    (await browser().post('/signup', { ...abe, ...fields })).html.match(/<input id="(\w+)"[^>]* autofocus/)?.[1]
  expect(await focused({ name: '' })).toBe('name')
  expect(await focused({ password: 'password1234' })).toBe('password')
  expect(await focused({ name: '', password: '' })).toBe('name')
})

test('missing fields count as empty, and unknown fields are ignored', async () => {
  const { browser, deps } = await openSite()
  expect((await browser().post('/signup')).html).toContain('Enter your email address.')
  await browser().post('/signup', {
    ...abe,
    role: 'admin',
    id: '1',
    created_at: '0',
    password_hash: 'x',
    deactivated_at: '1',
    __proto__: 'x',
  })
  expect(await deps.db.selectFrom('users').select(['role', 'deactivated_at']).execute()).toEqual([
    { role: 'user', deactivated_at: null },
  ])
})

test('one of twenty concurrent sign-ups with the same address and different passwords succeeds', async () => {
  const { browser, deps } = await openSite()
  const password = (i: number) => `five boxing wizards ${i}`
  const answers = await Promise.all(
    Array.from({ length: 20 }, (_, i) => browser().post('/signup', { ...abe, password: password(i) })),
  )
  expect(answers.map(({ status }) => status).toSorted()).toEqual([303, ...Array(19).fill(422)])
  expect(await deps.db.selectFrom('users').select('id').execute()).toHaveLength(1)
})

test('htmx receives the form as a partial and the redirect in a header', async () => {
  const { browser } = await openSite()
  const bad = await browser().postHtmx('/signup', { ...abe, name: '' })
  expect(bad).toMatchObject({
    status: 422,
    html: expect.stringMatching(
      /^<title>Error: Sign Up · [^<]+<\/title><section[^>]*><h1>Sign Up<\/h1><p id="flash"[^>]*><\/p><form/,
    ),
  })
  expect(Object.fromEntries(bad.headers)).toMatchObject({ 'hx-retarget': '#main', 'hx-reswap': 'innerHTML' })
  const good = await browser().postHtmx('/signup', abe)
  expect([good.status, good.headers.get('hx-redirect'), good.headers.get('location'), good.html]).toEqual([
    204,
    '/login',
    null,
    '',
  ])
})

test('a logged-in user is redirected away from the sign-up', async () => {
  const { annsBrowser } = await annLoggedIn()
  expect(await annsBrowser.get('/signup')).toMatchObject({ status: 303, to: '/profile' })
  expect(await annsBrowser.postHtmx('/signup', abe)).toMatchObject({ status: 204, to: '/profile' })
})

test('a name that is too long is not compared with the password', async () => {
  const { browser } = await openSite()
  const name = 'five boxing wizards '.repeat(3000)
  const { html } = await browser().post('/signup', { ...abe, name })
  expect(html).toContain('Use a name of at most 100 characters.')
  expect(html).not.toContain('id="password-error"')
})

test('an address is stored as typed, without surrounding spaces', async () => {
  const { browser, deps } = await openSite()
  await browser().post('/signup', { ...abe, email: '  Abe@Example.test ' })
  expect(await deps.db.selectFrom('users').select(['email', 'canonical_email']).execute()).toEqual([
    { email: 'Abe@Example.test', canonical_email: 'abe@example.test' },
  ])
})

test('the fields have autocomplete and input mode attributes', async () => {
  const { browser } = await openSite()
  const { html } = await browser().get('/signup')
  expect(html).toMatch(
    /<input id="email" name="email" type="email" autocomplete="username" autocapitalize="none" spellcheck="false" inputmode="email" required/,
  )
  expect(html).toMatch(
    /<input id="name" name="name" type="text" autocomplete="name" autocapitalize="words" spellcheck="false" required/,
  )
  expect(html).toMatch(
    /<input id="password" name="password" type="password" autocomplete="new-password" autocapitalize="none" spellcheck="false" required/,
  )
})
