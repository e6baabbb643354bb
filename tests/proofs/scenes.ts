import { minutes } from '@/lib/duration'
import type { Asked } from './http'
import type { Person, ProofSite } from './site'

/** What is asked, and what of the answer is the asker's own words. */
export type Question = Asked & { typed: string[] }

/** Somebody who asks in one way, again and again, and what the status of the answer is, where not that of the scene. */
export type Group = { name: string; ask(turn: number): Question; status?: number }

/** What must not be told apart: any two of its groups, but for those that differ from the first in their text by design. */
export type Scene = { name: string; status: number; groups: Group[]; byDesign?: string[] }

type User = Person & { id: string }

const POOL = 20 // addresses a group: each is asked for as often as any other
const WRONG = 'wrong horse battery!!' // as long as the right one

const pool = (site: ProofSite) => Promise.all(Array.from({ length: POOL }, () => site.makeUser()))

async function deactivate(site: ProofSite, people: User[]) {
  for (const { id } of people) await site.tell({ kind: 'deactivate', id })
  return people
}

/** One after the other, and then again from the first. */
const inTurn =
  <T>(list: T[], ask: (one: T) => Question) =>
  (turn: number) => {
    const one = list[turn % list.length]
    if (one === undefined) throw new Error('a pool has people in it')
    return ask(one)
  }

const numbered = (name: string, number: number) => `${name}-${`${number}`.padStart(5, '0')}@example.test`

const login = (email: string, password: string): Question => ({
  method: 'POST',
  path: '/login',
  fields: { email, password },
  typed: [email],
})

const signup = (email: string): Question => ({
  method: 'POST',
  path: '/signup',
  fields: { email, name: 'Ann', password: 'correct horse battery' },
  typed: [email],
})

export async function loginScene(site: ProofSite, name = 'login') {
  const unknown = Array.from({ length: POOL }, (_, i) => numbered('nobody', i))
  const [known, known2, shut] = [await pool(site), await pool(site), await deactivate(site, await pool(site))]
  const groups = [
    { name: 'unknown address', ask: inTurn(unknown, (email) => login(email, WRONG)) },
    { name: 'wrong password', ask: inTurn(known, ({ email }) => login(email, WRONG)) },
    { name: 'deactivated, right password', ask: inTurn(shut, ({ email, password }) => login(email, password)) },
  ]
  const right = { name: 'right password', ask: inTurn(known2, ({ email, password }) => login(email, password)) }
  const wrong = [...unknown, ...[...known, ...known2, ...shut].map(({ email }) => email)]
  return { name, status: 422, groups, right, wrong: wrong.map((email) => login(email, WRONG)) }
}

/** By whoever holds the cookie of a session that ran out: whose account was closed since is not told by that. */
export async function reloginScene(site: ProofSite, name = 're-login') {
  const [open, open2, shut] = [await pool(site), await pool(site), await pool(site)]
  const everybody = [...open, ...open2, ...shut]
  const visits = new Map<string, Map<string, string>>()
  for (const { id, email, password } of everybody) {
    const browser = site.browser()
    await browser.post('/login', { email, password })
    await browser.get('/probe')
    visits.set(id, browser.jar)
  }
  await site.pass(minutes(5))
  await deactivate(site, shut)
  const relogin = ({ id, email }: User, password: string): Question => ({
    method: 'POST',
    path: '/relogin',
    fields: { password },
    cookies: visits.get(id),
    typed: [email],
  })
  const groups = [
    { name: 'wrong password', ask: inTurn(open, (user) => relogin(user, WRONG)) },
    { name: 'deactivated, right password', ask: inTurn(shut, (user) => relogin(user, user.password)) },
  ]
  const right = { name: 'right password', ask: inTurn(open2, (user) => relogin(user, user.password)) }
  return { name, status: 422, groups, right, wrong: everybody.map((user) => relogin(user, WRONG)) }
}

export async function signupScene(site: ProofSite, name = 'sign-up') {
  const [known, shut] = [await pool(site), await deactivate(site, await pool(site))]
  return {
    name,
    status: 422,
    groups: [
      { name: 'existing', ask: inTurn(known, ({ email }) => signup(email)) },
      { name: 'existing, in another case', ask: inTurn(known, ({ email }) => signup(email.toUpperCase())) },
      { name: 'deactivated', ask: inTurn(shut, ({ email }) => signup(email)) },
      { name: 'new', status: 303, ask: (turn: number) => signup(numbered('newone', turn)) },
    ],
    // "Email address already exists" is said on the page: until mail can carry it, this is the one thing that is told.
    byDesign: ['new'],
    wrong: known.map(({ email }) => signup(email)),
  }
}
