import { t, type Static, type TSchema } from 'elysia'
import { roles, scopes, type Scope } from '@/model/roles'

// The JSON API as data. The routes take their bodies and answers from here, and the OpenAPI document and the page for
// people are made of it, so that none of them can say anything else.

const text = (description: string, example: string) => t.String({ description, examples: [example] })
const time = (description: string, example = '2030-01-01T12:00:00.000Z') =>
  t.String({ format: 'date-time', description, examples: [example] })
const orNull = <T extends TSchema>(schema: T, description: string) => t.Union([schema, t.Null()], { description })
const oneOf = <T extends string>(choices: readonly T[], description: string) =>
  t.Unsafe<T>({ type: 'string', enum: choices, description, examples: [choices[0]] })

const Status = t.Object({ status: oneOf(['ok'], 'We are up.') })

const Me = t.Object({
  id: text('Never changes, and is never given to anybody else.', 'Yd3cX0fGm1s8Ww2kQ7zVtA'),
  email: text('The address that you log in with, as you typed it.', 'ann@example.com'),
  name: text('What we call you.', 'Ann'),
  roles: t.Array(oneOf(roles, 'A role.'), { description: 'What your account is, which decides what it may do.' }),
})

const NewName = t.Object({ name: text('1 to 100 characters that can be seen.', 'Ann') })

const Session = t.Object({
  id: text('For ending it.', '3oWm7cPp4TqY0rLZ1uKcBg'),
  current: t.Boolean({
    description: 'Whether it is the session that asks: never, where a token asks.',
    examples: [false],
  }),
  opened_by: oneOf(['password', 'remember_me'], 'How it began: with a typed password, or on a remembered device.'),
  user_agent: text('What the browser called itself; may be empty.', 'Mozilla/5.0 (X11; Linux x86_64)'),
  created_at: time('When it began.'),
  last_seen_at: time('When it was last used, to within five seconds.', '2030-01-01T12:03:20.000Z'),
})

const Sessions = t.Object({
  sessions: t.Array(Session, { description: 'Those that are still open, the one used last first.' }),
})

const Token = t.Object({
  id: text('For revoking it. It is no secret.', 'bN5x2Jt9Qe6RfUa0HsDvMw'),
  name: text('What you called it.', 'Nightly backup'),
  hint: text('The last four signs of the token.', 'x9k2'),
  scopes: t.Array(oneOf(scopes, 'A scope.'), { description: 'What it may do.' }),
  created_at: time('When it was made.'),
  expires_at: time('From when on it opens nothing.', '2030-04-01T12:00:00.000Z'),
  last_used_at: orNull(
    time('When it was last used.', '2030-01-02T03:00:00.000Z'),
    'When it was last used, to the minute; null before the first time.',
  ),
})

const Tokens = t.Object({
  tokens: t.Array(Token, { description: 'Those that still open something, the newest first.' }),
})

const Problem = t.Object({
  type: text('Always about:blank: the status says which kind it is.', 'about:blank'),
  title: text('What happened, in a few words.', 'That cannot be taken'),
  status: t.Unsafe<number>({ type: 'integer', description: 'The status of the answer once more.', examples: [422] }),
  detail: text('What to do about it.', 'Enter your name.'),
  errors: t.Optional(
    t.Record(t.String(), t.String(), {
      description: 'With 422: a sentence for each field that cannot be taken.',
      examples: [{ name: 'Enter your name.' }],
    }),
  ),
  id: t.Optional(t.String({ description: 'With 500: what to quote when you write to us.' })),
})

/** The schemas that have a name of their own in the document. */
export const schemas = { Status, Me, NewName, Session, Sessions, Token, Tokens, Problem }

export type MeAnswer = Static<typeof Me>
export type SessionAnswer = Static<typeof Session>
export type TokenAnswer = Static<typeof Token>

export type Operation = {
  method: 'GET' | 'PATCH' | 'DELETE'
  /** With the names of its parameters in braces. */
  path: string
  summary: string
  /** What a token needs for it. Without one it is for anybody. */
  scope?: Scope
  /** What the `{id}` in its path is. */
  id?: string
  body?: TSchema
  /** With 200; an operation without it answers 204 and nothing. */
  answer?: TSchema
}

export const operations = {
  readStatus: { method: 'GET', path: '/api/status', summary: 'Whether we are up', answer: Status },
  readMe: { method: 'GET', path: '/api/me', summary: 'Who you are', scope: 'profile:read', answer: Me },
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
    summary: 'Where you are logged in',
    scope: 'profile:read',
    answer: Sessions,
  },
  endSession: {
    method: 'DELETE',
    path: '/api/sessions/{id}',
    summary: 'Log a session out',
    scope: 'profile:write',
    id: 'The id of one of your sessions that are still open.',
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
    id: 'The id of one of your tokens. It may be the one that asks.',
  },
} as const satisfies Record<string, Operation>
