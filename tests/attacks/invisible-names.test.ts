import { expect, setDefaultTimeout, test } from 'bun:test'
import { listApiTokensOf } from '@/model/api-tokens/api-tokens'
import { listApps } from '@/model/authenticator-apps/authenticator-apps'
import { listPasskeys } from '@/model/passkeys/passkeys'
import { createAuthenticator } from '../support/authenticator'
import { addPasskey, registerPasskey } from '../support/passkeys'
import { annAndEve } from '../support/people'
import { addApp } from '../support/second-factors'
import { SECURITY, startSetup } from '../support/two-step-pages'

setDefaultTimeout(60_000)

type Site = Awaited<ReturnType<typeof annAndEve>>
type Names = { answer: { status: number; html: string }; stored: string[] }

const names = (rows: { name: string }[]) => rows.map(({ name }) => name)

/** Each form that takes a name of a passkey, an authenticator app or an API token. */
const FORMS: Record<string, (site: Site, name: string) => Promise<Names>> = {
  async 'a new passkey'(site, name) {
    const answer = await registerPasskey(await site.as(site.users.ann), createAuthenticator(), { name })
    return { answer, stored: names(await listPasskeys(site.deps, site.users.ann)) }
  },
  async 'a renamed passkey'(site, name) {
    const { id } = await addPasskey(site, site.users.ann)
    const anns = await site.as(site.users.ann)
    const answer = await anns.post(`${SECURITY}/passkeys/${id}/rename`, { name })
    return { answer, stored: names(await listPasskeys(site.deps, site.users.ann)) }
  },
  async 'a new app'(site, name) {
    const { browser, app, code } = await startSetup(site)
    const answer = await browser.post(`${SECURITY}/app`, { app, code: code(), name })
    return { answer, stored: names(await listApps(site.deps, site.users.ann)) }
  },
  async 'a renamed app'(site, name) {
    const { id } = await addApp(site, site.users.ann)
    const anns = await site.as(site.users.ann)
    const answer = await anns.post(`${SECURITY}/app/${id}/rename`, { name })
    return { answer, stored: names(await listApps(site.deps, site.users.ann)) }
  },
  async 'a new API token'(site, name) {
    const anns = await site.as(site.users.ann)
    const answer = await anns.post('/settings/tokens', { name, scopes: 'profile:read', expires_days: '30' })
    return { answer, stored: names(await listApiTokensOf(site.deps, site.users.ann)) }
  },
}

/** All that change the direction of text, and others that no one sees. */
const HIDDEN =
  '\u061C\u200E\u200F\u202A\u202B\u202C\u202D\u202E\u2066\u2067\u2068\u2069\u200B\u200C\u200D\u2060\u00AD\uFEFF\u3164'

test.each(Object.keys(FORMS))('the name of %s loses signs that are invisible or turn the text around', async (form) => {
  const { stored } = (await FORMS[form]?.(await annAndEve(), `Ann${HIDDEN}s\u202Ekey\u202C ${HIDDEN}`)) ?? {}
  expect(stored).toEqual(['Annskey'])
})

test.each(Object.keys(FORMS))(
  'the name of %s is refused with control signs, or with none that is visible',
  async (form) => {
    for (const [name, sentence] of [
      ['Ann\u0007', 'Use visible characters only.'],
      ['A\u2028nn', 'Use visible characters only.'],
      [HIDDEN, 'Enter a name'],
    ] as const) {
      const { answer, stored = [] } = (await FORMS[form]?.(await annAndEve(), name)) ?? {}
      expect([answer?.status, answer?.html]).toEqual([422, expect.stringContaining(sentence)])
      expect(stored.filter((one) => !['Laptop', 'Phone'].includes(one))).toEqual([])
    }
  },
)
