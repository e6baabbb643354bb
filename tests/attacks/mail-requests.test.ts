import { expect, setDefaultTimeout, test } from 'bun:test'
import type { Browser } from '../support/browser'
import { mounted } from '../support/features'
import { annAndEveWithMail } from '../support/one-time-links'
import { ann } from '../support/people'
import { statementsDuring } from '../support/statements'

setDefaultTimeout(60_000)

/** The forms that ask for a mail to a typed address. */
const FORMS: { path: string; fields?: Record<string, string>; isOfUser?: boolean }[] = [
  { path: '/forgot-password' },
  { path: '/signup', fields: { name: 'Zoe', password: 'violet marmalade kettle' } },
  { path: '/login/code/send' },
  { path: '/settings/email', isOfUser: true },
]

const READS_BY_ADDRESS = /from "users"[^]*"canonical_email"/

test.each(FORMS)('POST $path reads no user by the typed address', async ({ path, fields, isOfUser }) => {
  const site = await annAndEveWithMail({ EMAIL_VERIFICATION: 'required', EMAIL_LOGIN: 'on' })
  if (mounted(site, [path]).length === 0) return // an adopter may have removed it
  const statementsFor = async (email: string) => {
    const browser: Browser = isOfUser ? await site.as(ann) : site.browser()
    return statementsDuring(site.deps, async () => {
      expect((await browser.post(path, { ...fields, email })).status).toBe(303)
    })
  }
  await statementsFor('abe@example.test') // compiles the statements that are compiled once
  const [taken, free] = [await statementsFor('eve@example.test'), await statementsFor('zoe@example.test')]
  expect(taken.length).toBeGreaterThan(2)
  expect(taken.filter((statement) => READS_BY_ADDRESS.test(statement))).toEqual([])
  expect(taken).toEqual(free)
  if (!isOfUser) expect(taken.filter((statement) => statement.includes('"users"'))).toEqual([])
})
