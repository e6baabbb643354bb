import { t, type Static, type TSchema } from 'elysia'
import type { PendingChanges } from '@/model/accounts/pending-changes'
import type { ApiToken } from '@/model/api-tokens/api-tokens'
import type { Session as SessionRow, User } from '@/model/types'
import { roles, scopes } from '@/model/users/roles'

// The bodies of requests and responses, and the conversion of rows to them.

const text = (description: string, example: string) => t.String({ description, examples: [example] })
const time = (description: string, example = '2030-01-01T12:00:00.000Z') =>
  t.String({ format: 'date-time', description, examples: [example] })
const orNull = <T extends TSchema>(schema: T, description: string) => t.Union([schema, t.Null()], { description })
const oneOf = <T extends string>(options: readonly T[], description: string) =>
  t.Unsafe<T>({ type: 'string', enum: options, description, examples: [options[0]] })
const toIso = (at: number) => new Date(at).toISOString()
const orNullTime = (at: number | null) => (at === null ? null : toIso(at))

const Status = t.Object({ status: oneOf(['ok'], 'The service is running.') })

const Me = t.Object({
  id: text('Stable and never reused.', 'Yd3cX0fGm1s8Ww2kQ7zVtA'),
  email: text('The email address you log in with. The domain is in ASCII.', 'ann@example.com'),
  name: text('Display name.', 'Ann'),
  roles: t.Array(oneOf(roles, 'A role.'), { description: 'The roles of the account. They decide its permissions.' }),
  email_verified: t.Boolean({
    description: 'Whether the owner of the mailbox confirmed the address.',
    examples: [true],
  }),
  email_change: orNull(
    t.Object({ requested_at: time('Time of the request.') }),
    'A change of the address that is not confirmed yet. Null without one. The new address is not included.',
  ),
  deletion_at: orNull(
    time('End of the grace period.'),
    'When the account will be deleted. Null if it is not scheduled.',
  ),
})

export const toMe = (user: User, { emailChangeRequestedAt, deletionAt }: PendingChanges): Static<typeof Me> => ({
  id: user.id,
  email: user.email,
  name: user.name,
  roles: [user.role],
  email_verified: user.email_verified_at !== null,
  email_change: emailChangeRequestedAt === null ? null : { requested_at: toIso(emailChangeRequestedAt) },
  deletion_at: orNullTime(deletionAt),
})

const NewProfile = t.Object({
  name: text('1 to 100 visible characters.', 'Ann'),
})

const Session = t.Object({
  id: text('Identifies the session.', '3oWm7cPp4TqY0rLZ1uKcBg'),
  current: t.Boolean({
    description: 'True for the session that made this request. Always false for a token.',
    examples: [false],
  }),
  opened_by: oneOf(
    ['password', 'email_code', 'passkey', 'remember_me'],
    'How the session started: password, emailed code, passkey or remember me.',
  ),
  user_agent: text('User-Agent header. May be empty.', 'Mozilla/5.0 (X11; Linux x86_64)'),
  created_at: time('Start time.'),
  last_seen_at: time('Last activity, accurate to five seconds.', '2030-01-01T12:03:20.000Z'),
})

const Sessions = t.Object({
  sessions: t.Array(Session, { description: 'Active sessions, most recently used first.' }),
})

const openedBy = {
  password: 'password',
  'email-code': 'email_code',
  passkey: 'passkey',
  remember: 'remember_me',
} as const

export const toSession = (
  { id, started_by, user_agent, created_at, last_seen_at }: SessionRow,
  current: SessionRow | undefined,
): Static<typeof Session> => ({
  id,
  current: id === current?.id,
  opened_by: openedBy[started_by],
  user_agent,
  created_at: toIso(created_at),
  last_seen_at: toIso(last_seen_at),
})

const Token = t.Object({
  id: text('Identifies the token. Not a secret.', 'bN5x2Jt9Qe6RfUa0HsDvMw'),
  name: text('Name given at creation.', 'Nightly backup'),
  hint: text('The last four characters of the token.', 'x9k2'),
  scopes: t.Array(oneOf(scopes, 'A scope.'), { description: 'Scopes of the token.' }),
  created_at: time('Creation time.'),
  expires_at: time('When it expires.', '2030-04-01T12:00:00.000Z'),
  last_used_at: orNull(time('Last use.', '2030-01-02T03:00:00.000Z'), 'Last use, to the minute. Null if never used.'),
})

const Tokens = t.Object({
  tokens: t.Array(Token, { description: 'Active tokens, newest first.' }),
})

export const toToken = ({
  id,
  name,
  hint,
  scopes,
  created_at,
  expires_at,
  last_used_at,
}: ApiToken): Static<typeof Token> => ({
  id,
  name,
  hint,
  scopes,
  created_at: toIso(created_at),
  expires_at: toIso(expires_at),
  last_used_at: orNullTime(last_used_at),
})

const Problem = t.Object({
  type: text('Always about:blank.', 'about:blank'),
  title: text('Short summary.', 'Invalid input'),
  status: t.Unsafe<number>({ type: 'integer', description: 'HTTP status code.', examples: [422] }),
  detail: text('What to do about it.', 'Enter your name.'),
  errors: t.Optional(
    t.Record(t.String(), t.String(), {
      description: 'With 422: one message per invalid field.',
      examples: [{ name: 'Enter your name.' }],
    }),
  ),
  id: t.Optional(t.String({ description: 'With 500: the error ID to include when you contact us.' })),
})

export const schemas = { Status, Me, NewProfile, Session, Sessions, Token, Tokens, Problem }
