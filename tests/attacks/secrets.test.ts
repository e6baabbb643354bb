import { expect, test } from 'bun:test'
import { Database } from 'bun:sqlite'
import { readFileSync } from 'node:fs'
import { branding } from '@/config/branding'
import { days, minutes } from '@/lib/duration'
import { testWith } from '../support/features'
import { logLines, takeLoggedErrors } from '../support/no-stray-errors'
import type { Browser } from '../support/browser'
import { createPeople } from '../support/people'
import { openSite } from '../support/site'
import { tempDatabase } from '../support/temp'
import { makeToken } from '../support/tokens'

const abe = { email: 'abe@example.test', name: 'Abe' }
const passwords = {
  first: 'violet marmalade kettle',
  second: 'seven lighthouses blinking',
  mistyped: 'violet marmelade kettle',
  inTheWrongField: 'harbour umbrella ninety',
  tooShort: 'zebra-otter',
  ofNobody: 'crooked pantry window',
}

/** All secrets, in the order of their creation. */
function collect(browser: Browser, secrets: Set<string>) {
  for (const [name, value] of browser.jar)
    if (name !== 'flash') for (const part of [value, ...value.split('.')]) secrets.add(part)
}

/** Abe uses every function and puts secrets into wrong fields. */
async function tour(site: Awaited<ReturnType<typeof openSite>>) {
  const { browser, advance } = site
  const secrets = new Set<string>(Object.values(passwords))
  const [laptop, phone] = [browser(), browser()]
  const act = async (one: Browser, path: string, fields: Record<string, string>) => {
    const answer = await one.post(path, fields)
    collect(one, secrets)
    return answer
  }
  await act(laptop, '/signup', { ...abe, password: passwords.tooShort })
  await act(laptop, '/signup', { ...abe, password: passwords.first })
  await act(laptop, '/login', { email: passwords.inTheWrongField, password: '' })
  await act(laptop, '/login', { ...abe, password: passwords.mistyped })
  await act(laptop, '/login', { email: 'unknown@example.test', password: passwords.ofNobody })
  for (const one of [laptop, phone]) await act(one, '/login', { ...abe, password: passwords.first, remember: 'yes' })
  const token = /id="new-token"[^>]*>(\w+)</.exec(
    (await act(laptop, '/settings/tokens', { name: 'Backup', scopes: 'profile:read' })).html,
  )?.[1]
  if (!token) throw new Error('no token was made')
  secrets.add(token)
  await useWrongly(site, laptop, token)
  advance(minutes(5))
  phone.close()
  await phone.get('/profile') // restores a session
  collect(phone, secrets)
  await phone.post('/settings/password', { password: passwords.first, new_password: passwords.second })
  collect(phone, secrets)
  await act(phone, '/relogin', { password: passwords.mistyped })
  await act(phone, '/relogin', { password: passwords.first })
  await act(phone, '/settings/password', { password: passwords.first, new_password: passwords.tooShort })
  await act(phone, '/settings/password', { password: passwords.first, new_password: passwords.second })
  await act(laptop, '/profile', { name: 'Abe, in a saved form' })
  const savedCookie = laptop.jar.get('saved')
  await act(laptop, '/login', { ...abe, password: passwords.second })
  for (const one of [laptop, phone]) await one.post('/logout')
  return { secrets: [...secrets], token, savedCookie }
}

/** A secret in a path, a header or a wrong field. */
async function useWrongly({ browser }: Awaited<ReturnType<typeof openSite>>, laptop: Browser, token: string) {
  const program = browser()
  await program.get('/api/me', { authorization: `Bearer ${token}` })
  await program.get(`/api/me?token=${token}`)
  await program.get('/api/me', { authorization: `Bearer ${token}x` })
  await program.get('/profile', { authorization: `Bearer ${token}` })
  const asked = { method: 'DELETE', headers: { authorization: `Bearer ${token}` } }
  await program.ask(`/api/tokens/${token}`, asked)
  await program.ask(`/api/sessions/${laptop.jar.get('session')}`, asked)
  await laptop.post(`/settings/tokens/${token}/revoke`)
  await laptop.post(`/settings/sessions/${laptop.jar.get('remember')}/end`)
  await laptop.get(`/admin/users/${token}`)
  await program.get(`/settings/${laptop.jar.get('remember')}`)
  await program.get(`/login?email=${abe.email}&password=${passwords.first}`)
  await program.get(`/profile?password=${passwords.first}`)
}

/** A secret as text and as bytes in common encodings. */
const spellings = (secret: string) => {
  const bytes = /^[\w-]{22,}$/.test(secret) ? [Buffer.from(secret, 'base64url')] : []
  return [Buffer.from(secret), ...bytes].flatMap((one) => [
    one.toString('latin1'),
    one.toString('hex'),
    one.toString('base64').replace(/=+$/, ''),
    encodeURIComponent(one.toString()),
  ])
}

const foundIn = (text: string, secrets: string[]) =>
  secrets.filter((secret) => spellings(secret).some((spelt) => spelt !== '' && text.includes(spelt)))

testWith('settings/tokens', 'signup')(
  'after every action the log, the events and the database file contain no secret',
  async () => {
    const path = tempDatabase('secrets')
    const site = await openSite({ DATABASE_URL: `sqlite:${path}`, API_TOKEN_IN_QUERY: 'on' })
    const { secrets, token, savedCookie } = await tour(site)
    expect(secrets.length).toBeGreaterThan(20)
    expect(savedCookie).toMatch(/^[\w-]{43}$/)
    const [logged, observed] = [logLines.join(''), JSON.stringify(site.events)]
    const stored = ['', '-wal'].map((end) => readFileSync(`${path}${end}`).toString('latin1')).join('')
    await site.deps.db.destroy()
    expect([logged.split('\n').length > 30, observed.length > 1000, stored.includes(abe.email)]).toEqual([
      true,
      true,
      true,
    ])
    for (const text of [logged, observed, stored]) expect(foundIn(text, secrets)).toEqual([])
    expect(foundIn(`x${token}x`, secrets)).toEqual([token]) // proves that the search finds secrets
  },
)

test('stored values do not authenticate when they are sent as credentials', async () => {
  const path = tempDatabase('secrets')
  const site = await createPeople(await openSite({ DATABASE_URL: `sqlite:${path}`, TRUST_PROXY: '1' }))
  let asked = 0 // another source each time, so that no rate limit applies
  const elsewhere = () => ({ 'x-forwarded-for': `10.${asked >> 8}.${asked++ & 255}.1` })
  const { browser, users, deps, advance } = site
  await site.as({ email: 'ann@example.test' }, { remembered: true })
  await makeToken(deps, users.ann, { name: 'x', scopes: ['profile:read'], lifetime: days(1) })
  const database = new Database(path, { readonly: true })
  const tables = database.query<{ name: string }, []>("select name from sqlite_master where type = 'table'").all()
  const values = tables.flatMap(({ name }) =>
    database
      .query<Record<string, unknown>, []>(`select * from ${name}`)
      .all()
      .flatMap((row) => Object.values(row).filter((value) => typeof value === 'string')),
  )
  database.close()
  const spelt = values.flatMap((value) => [value, Buffer.from(value, 'hex').toString('base64url')])
  for (const value of new Set(spelt.filter((value) => /^[\x21-\x7e]+$/.test(value)))) {
    const cookies = [
      `session=${value}`,
      `remember=${value}`,
      ...values.slice(0, 40).map((other) => `remember=${value}.${other}`),
    ]
    for (const cookie of cookies.filter((one) => /^[\x21-\x7e]+$/.test(one)))
      expect((await browser().get('/dashboard', { cookie, ...elsewhere() })).status).toBe(303)
    for (const authorization of [value, `Bearer ${value}`, `Bearer ${branding.tokenPrefix}${value}`])
      expect((await browser().get('/api/me', { authorization, ...elsewhere() })).status).toBe(401)
  }
  const hashes = values.filter((value) => /^[0-9a-f]{64}$|^\$argon2/.test(value))
  expect(hashes.length).toBeGreaterThan(3)
  for (const password of hashes) {
    advance(minutes(16)) // longer than the maximum backoff
    expect((await browser().post('/login', { email: 'ann@example.test', password })).status).toBe(422)
  }
})

test('an internal error reveals no secret of its request in the log or on the page', async () => {
  const site = await createPeople(await openSite())
  const anns = await site.as({ email: 'ann@example.test' }, { remembered: true })
  const { text } = await makeToken(site.deps, site.users.ann, {
    name: 'x',
    scopes: ['profile:read'],
    lifetime: days(1),
  })
  const typed = { email: 'cat@example.test', name: 'Cat', password: passwords.first, new_password: passwords.second }
  const secrets = [text, ...Object.values(passwords), ...[...anns.jar.values()].flatMap((value) => value.split('.'))]
  await site.deps.db.destroy()
  const answers = []
  for (const path of ['/signup', '/login', '/relogin', '/settings/password', '/settings/tokens', '/resume', '/session'])
    for (const one of [anns, site.browser()]) answers.push(await one.post(path, typed))
  answers.push(await site.browser().get('/api/me', { authorization: `Bearer ${text}` }))
  const errors = JSON.stringify(takeLoggedErrors())
  expect(errors.length).toBeGreaterThan(1000)
  for (const said of [errors, logLines.join(''), ...answers.map(({ html }) => html)])
    expect(foundIn(said, secrets)).toEqual([])
  for (const { html } of answers) expect(html).not.toMatch(/select |insert |sqlite|\.ts\b|at \w+ \(|node_modules/i)
})
