import { expect, test } from 'bun:test'
import { readConfig } from '@/config/env'
import { describeMail } from '@/startup'

test.each<[Record<string, string>, string]>([
  [{ MAIL_URL: 'off' }, 'Email is off.'],
  [{}, 'Email is written to db/mailbox. Read it at http://localhost:3000/dev/mailbox.'],
  [
    { MAIL_URL: 'smtp://user:s3cret@smtp.example.test:2525', MAIL_FROM: 'App <no-reply@example.test>' },
    'Email is sent through smtp.example.test:2525 as no-reply@example.test.',
  ],
])('the log of the start says where mail goes, without the password: %j', (env, line) => {
  expect(describeMail(readConfig(env))).toBe(line)
})
