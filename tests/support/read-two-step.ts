import type { Browser } from './browser'

export const SECURITY = '/settings/security'

/** What the page of the set-up shows. */
export async function readSetup(browser: Pick<Browser, 'get'>) {
  const { html } = await browser.get(`${SECURITY}/app/new`)
  const app = /name="app" value="([\w-]{22})"/.exec(html)?.[1] ?? ''
  const secret = (/id="app-secret"[^>]*>([^<]*)</.exec(html)?.[1] ?? '').replace(/\s/g, '')
  return { html, app, secret }
}

/** The new codes that a page shows, and their set. */
export const readNewCodes = (html: string) => ({
  codes: [...html.matchAll(/<li><code>([\w-]{19})</g)].map(([, code = '']) => code),
  set: /name="set" value="([\w-]{22})"/.exec(html)?.[1] ?? '',
})
