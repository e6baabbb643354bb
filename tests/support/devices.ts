import { sha256 } from '@/lib/encoding'
import type { Browser } from './browser'
import { ann, annLoggedIn } from './people'
import type { Site } from './site'

export const sessionOf = ({ deps }: Pick<Site, 'deps'>, { jar }: Browser) =>
  deps.db
    .selectFrom('sessions')
    .selectAll()
    .where('token_hash', '=', sha256(jar.get('session') ?? ''))
    .executeTakeFirstOrThrow()

/** Ann is logged in on a phone and, more recently, on a laptop. */
export async function annOnTwoDevices(env?: Record<string, string>) {
  const { annsBrowser: laptop, ...site } = await annLoggedIn(env)
  const phone = site.browser('Phone')
  await phone.post('/login', ann)
  await phone.get('/probe')
  return { ...site, laptop, phone, idOf: async (browser: Browser) => (await sessionOf(site, browser)).id }
}

/** The visible text of an element. */
const wordsIn = (html: string) =>
  html
    .replaceAll(/<[^>]*>/g, ' ')
    .replaceAll(/\s+/g, ' ')
    .trim()

/** The visible text of each row of the list below a heading. */
export function rowsUnder(heading: string, html: string) {
  const [section = ''] = (html.split(`>${heading}`)[1] ?? '').split('</ul>')
  return [...section.matchAll(/<li\b[^]*?<\/li>/g)].map(([row]) => wordsIn(row))
}
