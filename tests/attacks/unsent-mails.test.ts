import { expect, test } from 'bun:test'
import { EMAIL_PATH } from '../support/changed-email'
import { smtpErrors } from '../support/mailbox'
import { annAndEveWithMail } from '../support/one-time-links'
import { ann, eve } from '../support/people'

// While mails cannot be sent, a wrong code must not reveal which addresses have an account.

async function answersFor(email: string, failure: unknown) {
  const site = await annAndEveWithMail()
  const anns = await site.as(ann)
  site.mailbox.failWith(failure)
  await anns.post(EMAIL_PATH, { email })
  await site.deliverMail()
  const statuses = []
  for (let i = 0; i < 6; i++) statuses.push((await anns.post(`${EMAIL_PATH}/code`, { code: '1234 5678' })).status)
  return statuses
}

const { noMailbox, mailboxFull, refused, cut } = smtpErrors

for (const [name, failure] of Object.entries({ noMailbox, mailboxFull, refused, cut }))
  test(`wrong codes for a free and a taken new address get the same answers while mails fail: ${name}`, async () => {
    expect(await answersFor(eve.email, failure)).toEqual(await answersFor('free@example.test', failure))
  })
