import { readConfig } from '@/config/env'
import { sha256 } from '@/lib/encoding'
import type { Person, ProofSite } from '../site'
import { CONCURRENCY, count, loggedInUser, post, sendAround, sendConcurrently, type Race } from './race'

const MAX_REQUESTS = readConfig({}).limits['email-change'].source[0]?.max ?? 0

const requestChanges: Race = {
  name: 'requests of a change of address',
  async round(site) {
    const { user, browser } = await loggedInUser(site)
    await site.limit(true)
    const answers = await sendConcurrently(site, (i) =>
      post('/settings/email', { email: `${i}-${user.email}` }, browser.jar),
    )
    await site.limit(false)
    const hits = `rate_limit_hits where limit_name = 'email-change' and source_hash = ?`
    return {
      answers,
      effects: await count(site, hits, sha256(user.id)),
      allowed: MAX_REQUESTS,
      exactly: { '303 /settings/email': MAX_REQUESTS, '429': CONCURRENCY - MAX_REQUESTS },
    }
  },
}

let passwords = 0 // the same one would be the same user

/** The user opens the link of the mail to the new address, and others sign up with `email`. */
async function changeBesideSignUps(site: ProofSite, { id, password }: Person & { id: string }, email: string) {
  const token = `${await site.send({ kind: 'token', id, purpose: 'change-email' })}`
  const change = post('/verify-email', { password }, new Map([['one-time', token]]))
  const signUp = () => post('/signup', { email, name: 'Ann', password: `five boxing wizards ${++passwords}` })
  return sendAround(site, change, signUp)
}

const countOwners = (site: ProofSite, email: string) => count(site, 'users where canonical_email = ?', email)

/** The change can be undone, so no other account gets the address. */
const leaveAddress: Race = {
  name: 'sign-ups with the address that a change frees',
  async round(site) {
    const user = await site.createUser()
    const { sent } = await changeBesideSignUps(site, user, user.email)
    return {
      ...sent,
      effects: await countOwners(site, user.email),
      allowed: 0,
      exactly: { '303 /login': 1, '422': 2 * CONCURRENCY - 1 },
    }
  },
}

const takeAddress: Race = {
  name: 'sign-ups with the address of a change',
  async round(site) {
    const user = await site.createUser()
    const email = `new-${user.email}`
    const { sent } = await changeBesideSignUps(site, user, email)
    return {
      ...sent,
      effects: await countOwners(site, email),
      allowed: 1,
      exactly: { '303 /login': 1 },
      others: ['409', '422'],
    }
  },
}

export const addressRaces = [requestChanges, leaveAddress, takeAddress]
