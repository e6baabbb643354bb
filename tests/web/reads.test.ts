import { expect, test } from 'bun:test'
import type { Schema } from '@db/schema'
import { days } from '@/lib/durations'
import type { Site } from '../support/site'
import { annTheAdmin } from '../support/roles'
import { makeToken } from '../support/tokens'

const tables = [
  'users',
  'sessions',
  'remember_series',
  'remember_secrets',
  'api_tokens',
  'security_events',
  'drafts',
] as const satisfies (keyof Schema)[]

const kept = ({ deps }: Pick<Site, 'deps'>) =>
  Promise.all(tables.map((table) => deps.db.selectFrom(table).selectAll().execute()))

test('whoever only reads, a visitor, a user or an admin, at whatever address, changes nothing', async () => {
  const site = await annTheAdmin()
  const { app, anns, eves, users, deps } = site
  await makeToken(deps, users.eve, { name: 'x', scopes: [], lifetime: days(1) })
  const paths = app.routes.filter(({ method, path }) => method === 'GET' && !path.endsWith('/stream'))
  expect(paths.length).toBeGreaterThan(20)
  const before = await kept(site)
  for (const { path } of paths)
    for (const browser of [site.browser(), eves, anns])
      for (const method of ['GET', 'HEAD', 'OPTIONS'])
        await browser.ask(path.replace(':id', users.eve.id), {
          method,
          headers: { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'navigate' },
        })
  expect(await kept(site)).toEqual(before)
})
