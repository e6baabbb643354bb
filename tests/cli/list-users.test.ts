import { expect, test } from 'bun:test'
import { PAGE_SIZE } from '@/model/users/user-list'
import { createUser } from '@/model/users/users'
import { user } from '../support/command-line'
import { ann, annAndEve, eve } from '../support/people'
import { openSite } from '../support/site'

test('an empty database prints a message', async () => {
  expect(await user(await openSite(), ['list'])).toEqual({ code: 0, text: 'There are no users yet.' })
})

test('the list prints one aligned line per user', async () => {
  const site = await annAndEve()
  await createUser(site.deps, { ...ann, email: 'Bea@example.test', name: '李 😀' }, 'support')
  await user(site, ['deactivate', eve.email])
  expect((await user(site, ['list'])).text.split('\n')).toEqual([
    'EMAIL             NAME   ROLE     STATE        TWO-STEP  PASSKEYS  CREATED',
    'ann@example.test  Ann    user     active       off       0         2030-01-01',
    'Bea@example.test  李 😀  support  active       off       0         2030-01-01',
    'eve@example.test  Eve    user     deactivated  off       0         2030-01-01',
  ])
})

test.each([PAGE_SIZE, PAGE_SIZE + 1, 2 * PAGE_SIZE + 1])('the list contains all of %d users', async (n) => {
  const site = await openSite()
  const emails = Array.from({ length: n }, (_, i) => `p${i}@example.test`)
  for (const email of emails) await createUser(site.deps, { ...ann, email })
  const [, ...lines] = (await user(site, ['list'])).text.split('\n')
  expect(lines.map((line) => line.split(' ')[0] ?? '')).toEqual(emails.toSorted())
})
