import { expect, test } from 'bun:test'
import { sha256 } from '@/lib/encoding'
import { deleteAccountNow } from '@/model/accounts/delete-account'
import { createUser, findUser } from '@/model/users/users'
import { annWaits, EMAIL_PATH, NEW_EMAIL } from '../support/changed-email'
import { dumpDatabase } from '../support/dump-database'
import { ann, eve } from '../support/people'

const REQUESTED = 'requested@example.test'

/** Ann has changed her address, has asked for one more, and has tried to log in and to reset the password at the old one. */
async function annWithThreeAddresses() {
  const site = await annWaits()
  await site.anns.post(`${EMAIL_PATH}/code`, { code: site.code })
  await site.anns.post(EMAIL_PATH, { email: REQUESTED })
  await site.deliverMail()
  await site.browser().post('/login', { email: ann.email, password: 'wrong' })
  await site.browser().post('/forgot-password', { email: ann.email })
  const user = await findUser(site.deps, site.users.ann.id)
  if (!user) throw new Error('Ann is gone')
  return { ...site, remove: () => deleteAccountNow(site.deps, user, 'command line') }
}

test('after the deletion no table has a former or requested address, or a hash of it', async () => {
  const site = await annWithThreeAddresses()
  const traces = [ann.email, NEW_EMAIL, REQUESTED].flatMap((email) => [email, sha256(email)])
  const tables = async () => JSON.stringify(await dumpDatabase(site))
  const before = await tables()
  expect(traces.filter((trace) => !before.includes(trace))).toEqual([])
  await site.remove()
  await site.deliverMail() // the last mail, whose address is emptied
  const after = await tables()
  expect(traces.filter((trace) => after.includes(trace))).toEqual([])
  expect(await site.deps.db.selectFrom('email_changes').select('id').execute()).toEqual([])
  expect(await createUser(site.deps, ann)).toBeDefined() // the address is no longer reserved
})

test('the deletion keeps what another account with a former address has', async () => {
  const site = await annWithThreeAddresses()
  await site.deps.db.updateTable('email_changes').set({ undo_expires_at: 0 }).execute()
  await createUser(site.deps, { ...eve, email: ann.email })
  await site.browser().post('/login', { email: ann.email, password: 'wrong' })
  await site.remove()
  const failures = site.deps.db.selectFrom('failed_logins').select('id').where('email_hash', '=', sha256(ann.email))
  expect(await failures.execute()).toHaveLength(1)
  const hits = site.deps.db.selectFrom('rate_limit_hits').select('id').where('source_hash', '=', sha256(ann.email))
  expect(await hits.execute()).toHaveLength(1)
})
