import { expect, test } from 'bun:test'
import { days } from '@/lib/duration'
import { changeRole } from '@/model/users/roles'
import { user } from '../support/command-line'
import { ann, annAndEve, eve } from '../support/people'

test('delete ends all access and names the grace period, and cancel-deletion keeps the account', async () => {
  const site = await annAndEve()
  const anns = await site.as(ann)
  const requested = await user(site, ['delete', ann.email])
  expect(requested).toEqual({ code: 0, text: `${ann.email} will be deleted in 14 days.` })
  expect((await anns.get('/profile')).status).toBe(303)
  expect(await user(site, ['cancel-deletion', ann.email])).toEqual({
    code: 0,
    text: `${ann.email} will not be deleted.`,
  })
  expect(await user(site, ['cancel-deletion', ann.email])).toEqual({
    code: 1,
    text: `No deletion of ${ann.email} is scheduled.`,
  })
  expect((await site.browser().post('/login', ann)).to).toBe('/profile')
})

test('delete --now deletes at once, also an account that is scheduled for deletion', async () => {
  const site = await annAndEve()
  await user(site, ['delete', ann.email])
  site.advance(days(1))
  expect(await user(site, ['delete', ann.email, '--now'])).toEqual({ code: 0, text: `${ann.email} is deleted.` })
  expect(await site.deps.db.selectFrom('users').select('name').execute()).toEqual([{ name: 'Eve' }])
  expect((await user(site, ['delete', ann.email])).code).toBe(1)
})

test('the last active admin is not deleted', async () => {
  const site = await annAndEve()
  await changeRole(site.deps, site.users.eve, 'admin', 'a test')
  for (const args of [
    ['delete', eve.email],
    ['delete', eve.email, '--now'],
  ])
    expect(await user(site, args)).toMatchObject({
      code: 1,
      text: `${eve.email} is the last active admin. Give another user the admin role first.`,
    })
})
