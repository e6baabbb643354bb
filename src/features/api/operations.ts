import { t, type Static, type TSchema } from 'elysia'
import { roles, scopes, type Scope } from '@/model/users/roles'

// The JSON API as data. Routes, the OpenAPI document and the documentation page all use it, so that they cannot differ.

const text = (description: string, example: string) => t.String({ description, examples: [example] })
const time = (description: string, example = '2030-01-01T12:00:00.000Z') =>
  t.String({ format: 'date-time', description, examples: [example] })
const orNull = <T extends TSchema>(schema: T, description: string) => t.Union([schema, t.Null()], { description })
const oneOf = <T extends string>(options: readonly T[], description: string) =>
  t.Unsafe<T>({ type: 'string', enum: options, description, examples: [options[0]] })

const Status = t.Object({ status: oneOf(['ok'], 'The service is running.') })

const Me = t.Object({
  id: text('Stable and never reused.', 'Yd3cX0fGm1s8Ww2kQ7zVtA'),
  email: text('The email address you log in with. The domain is in ASCII.', 'ann@example.com'),
  name: text('Display name.', 'Ann'),
  roles: t.Array(oneOf(roles, 'A role.'), { description: 'The roles of the account. They decide its permissions.' }),
})

const NewName = t.Object({ name: text('1 to 100 visible characters.', 'Ann') })

const Session = t.Object({
  id: text('Identifies the session.', '3oWm7cPp4TqY0rLZ1uKcBg'),
  current: t.Boolean({
    description: 'True for the session that made this request. Always false for a token.',
    examples: [false],
  }),
  opened_by: oneOf(['password', 'remember_me'], 'How the session started: password or remember me.'),
  user_agent: text('User-Agent header. May be empty.', 'Mozilla/5.0 (X11; Linux x86_64)'),
  created_at: time('Start time.'),
  last_seen_at: time('Last activity, accurate to five seconds.', '2030-01-01T12:03:20.000Z'),
})

const Sessions = t.Object({
  sessions: t.Array(Session, { description: 'Active sessions, most recently used first.' }),
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

export const schemas = { Status, Me, NewName, Session, Sessions, Token, Tokens, Problem }

export type MeAnswer = Static<typeof Me>
export type SessionAnswer = Static<typeof Session>
export type TokenAnswer = Static<typeof Token>

export type Operation = {
  method: 'GET' | 'PATCH' | 'DELETE'
  /** Parameters are in braces. */
  path: string
  summary: string
  /** Required from a token. Without a scope the operation is public. */
  scope?: Scope
  /** Description of the `{id}` in the path. */
  id?: string
  body?: TSchema
  /** Body of the 200 response. Without it the response is an empty 204. */
  answer?: TSchema
}

export const operations = {
  readStatus: { method: 'GET', path: '/api/status', summary: 'Service status', answer: Status },
  readMe: { method: 'GET', path: '/api/me', summary: 'Your profile', scope: 'profile:read', answer: Me },
  rename: {
    method: 'PATCH',
    path: '/api/me',
    summary: 'Change your name',
    scope: 'profile:write',
    body: NewName,
    answer: Me,
  },
  listSessions: {
    method: 'GET',
    path: '/api/sessions',
    summary: 'Your active sessions',
    scope: 'profile:read',
    answer: Sessions,
  },
  endSession: {
    method: 'DELETE',
    path: '/api/sessions/{id}',
    summary: 'End a session',
    scope: 'profile:write',
    id: 'The id of one of your active sessions.',
  },
  listTokens: {
    method: 'GET',
    path: '/api/tokens',
    summary: 'Your API tokens',
    scope: 'profile:read',
    answer: Tokens,
  },
  revokeToken: {
    method: 'DELETE',
    path: '/api/tokens/{id}',
    summary: 'Revoke an API token',
    scope: 'profile:write',
    id: 'The id of one of your tokens, including the one used for this request.',
  },
} as const satisfies Record<string, Operation>
