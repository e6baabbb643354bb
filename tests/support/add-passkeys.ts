import { userLocks } from '@/deps/locks'
import { inTransaction } from '@/deps/transaction'
import { insertPasskey } from '@/model/passkeys/add'
import { registrationBinding } from '@/model/passkeys/challenges'
import { registrationOptions } from '@/model/passkeys/options'
import { verifyAttestation } from '@/model/passkeys/verify-attestation'
import type { User } from '@/model/types'
import {
  createAuthenticator,
  passkeyOptions,
  type Authenticator,
  type AuthenticatorOptions,
  type Changes,
  type CreationOptions,
} from './authenticator'
import type { Browser } from './browser'
import type { Site } from './site'

const SESSION = { id: 'session of a test' }
const CLIENT = { fingerprint: '', userAgent: '', ip: '' }

type NewPasskey = { name?: string; authenticator?: Authenticator }

/** Stores a passkey as the form does. Without an event, and no session ends. */
export async function addPasskey(
  { deps }: Pick<Site, 'deps'>,
  user: User,
  { name = 'Laptop', authenticator, ...options }: AuthenticatorOptions & NewPasskey = {},
) {
  authenticator ??= createAuthenticator({ origin: deps.config.appUrl, ...options })
  const { options: creation, userHandle } = await registrationOptions(deps, user, SESSION)
  const attestation = authenticator.create(creation)
  const binding = registrationBinding(SESSION, userHandle)
  const verified = await verifyAttestation(deps, { attestation, purposes: ['register'], binding, user }, CLIENT)
  if (verified.kind !== 'ok') throw new Error(`the passkey was refused: ${verified.kind}`)
  const { passkey } = verified
  const input = { passkey, userHandle, name, via: 'settings' } as const
  const added = await inTransaction(deps, (deps) => insertPasskey(deps, user, input), { locks: userLocks(user) })
  if (added.kind !== 'added') throw new Error(`no passkey was added: ${added.kind}`)
  return { ...authenticator, id: added.id }
}

/** Answers a new challenge of the login page. */
export const assertionFor = async (browser: Browser, passkey: Pick<Authenticator, 'get'>, changes?: Changes) =>
  passkey.get(JSON.parse((await browser.get('/login/passkey')).html), changes)

/** Logs in with the passkey, as the script of the login page does. */
export const logInWithPasskey = async (
  browser: Browser,
  passkey: Pick<Authenticator, 'get'>,
  fields: Record<string, string> = {},
  changes?: Changes,
) => browser.post('/login/passkey', { assertion: await assertionFor(browser, passkey, changes), ...fields })

/** What the page for a new passkey asks the browser for. */
export async function openPasskeyForm(browser: Browser) {
  const { html } = await browser.get('/settings/security/passkeys/new')
  const options = passkeyOptions<CreationOptions>(html)
  return { html, options, user_handle: options.user.id }
}

/** Adds a passkey, as the script of the page does. */
export async function registerPasskey(
  browser: Browser,
  authenticator: Pick<Authenticator, 'create'>,
  fields: Record<string, string> = {},
  changes?: Changes,
) {
  const { options, user_handle } = await openPasskeyForm(browser)
  const attestation = authenticator.create(options, changes)
  return browser.post('/settings/security/passkeys', { attestation, user_handle, ...fields })
}
