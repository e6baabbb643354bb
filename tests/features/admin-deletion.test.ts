import { expect } from 'bun:test'
import { days } from '@/lib/duration'
import { adminTest } from '../support/features'
import { ann, eve } from '../support/people'
import { annAsAdmin } from '../support/roles'

adminTest('an admin confirms a deletion, sees it on the page of the user and cancels it', async () => {
  const { anns, eves, pageOf, browser } = await annAsAdmin()
  const page = pageOf('eve')
  expect((await anns.get(`${page}/delete`)).html).toContain('deleted in 14 days. A login before then can keep it.')
  expect(await anns.post(`${page}/delete`)).toMatchObject({ status: 303, to: page })
  const { html } = await anns.get(page)
  for (const text of ['The account is scheduled for deletion.', 'Deletion scheduled', 'Keep account'])
    expect(html).toContain(text)
  expect(html).not.toContain(`${page}/delete`)
  expect((await eves.get('/profile')).status).toBe(303)
  expect(await anns.post(`${page}/cancel-deletion`)).toMatchObject({ status: 303, to: page })
  expect((await anns.get(page)).html).toContain('The account will not be deleted.')
  expect((await browser().post('/login', eve)).to).toBe('/profile')
})

adminTest('an admin cannot keep an account whose time has come', async () => {
  const { anns, pageOf, advance } = await annAsAdmin()
  await anns.post(`${pageOf('eve')}/delete`)
  advance(days(14))
  await anns.post('/login', ann)
  const { status, html } = await anns.post(`${pageOf('eve')}/cancel-deletion`)
  expect(status).toBe(422)
  expect(html).toContain('It is too late to keep this account.')
  expect(html).not.toContain('The account will not be deleted.')
})

adminTest('the last active admin is not deleted, and support deletes no account', async () => {
  const { anns, sues, pageOf, deps } = await annAsAdmin()
  const { status, html } = await anns.post(`${pageOf('ann')}/delete`)
  expect(status).toBe(422)
  expect(html).toContain('This is the last active admin.')
  for (const path of ['delete', 'cancel-deletion'])
    expect((await sues.post(`${pageOf('eve')}/${path}`)).status).toBe(403)
  const scheduled = deps.db.selectFrom('users').select('email').where('deletion_at', 'is not', null)
  expect(await scheduled.execute()).toEqual([])
  expect((await anns.post('/admin/users/unknown/delete')).status).toBe(404)
})
