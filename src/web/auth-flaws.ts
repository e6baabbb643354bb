import { getSchemaValidator, t, type TSchema } from 'elysia'
import type { AuthEvent } from '@/events'
import { COOKIE_NAMES } from './cookies'
import { messages } from './flash-messages'
import { lifetimeSchema } from './lifetimes'

// On this site: no //host and no dots that leave one over, no fragment, no backslash. Below /api nobody is sent anywhere.
const PATH = String.raw`^(?!.*/\.{0,2}/)(?!/api(?:[/?]|$))/[\x21\x24-\x5b\x5d-\x7e]*$`
const COOKIE_PATH = String.raw`^(?!.*/\.{0,2}/)/[\w./~-]*$`
// No address has segments of dots, written plainly or not: they are resolved before it is asked for.
const GROUP = String.raw`^/(?!api(/|$))(?!(?:.*/)?(?:\.|%2[eE]){1,2}(?:/|$))[^/?#]+(/[^/?#]+)*$`

const of = <Keys extends string>(keys: readonly Keys[], schema: TSchema) =>
  Object.fromEntries(keys.map((key) => [key, t.Optional(schema)]))
const only = (members: Record<string, TSchema>, description = `one of ${Object.keys(members).join(', ')}`) =>
  t.Object(members, { additionalProperties: false, description })
const choice = (...choices: string[]) =>
  t.Union(
    choices.map((one) => t.Literal(one)),
    { description: choices.map((one) => `"${one}"`).join(' or ') },
  )

const path = t.Union([t.String({ pattern: PATH }), t.Null()], {
  description: 'a path on this site, not below /api, or null',
})
const callback = t.Function([], t.Any(), { description: 'a function' })
const place = of(['loginPath', 'reloginPath'], path)
const message = t.Union(
  [t.Tuple([choice('success', 'info', 'error'), t.String({ pattern: String.raw`\S` })]), t.Null()],
  {
    description: 'a category (success, info or error) and a text, or null',
  },
)
const cookieName = t.String({
  pattern: String.raw`^(?!__)[\w-]{1,64}$`,
  description: 'letters, digits, - and _, and no prefix',
})
const EVENTS = Object.keys({
  'signed-up': 0,
  'logged-in': 0,
  'new-device': 0,
  'login-failed': 0,
  limited: 0,
  'password-shut': 0,
  'login-confirmed': 0,
  'logged-out': 0,
  restored: 0,
  'token-used': 0,
  refused: 0,
  stale: 0,
  'fingerprint-changed': 0,
  'session-ended': 0,
  'device-forgotten': 0,
  'sessions-revoked': 0,
  'remember-theft': 0,
  'password-changed': 0,
  'token-created': 0,
  'token-revoked': 0,
  'role-changed': 0,
  'user-deactivated': 0,
  'user-activated': 0,
} satisfies Record<AuthEvent['kind'], 0>)

/** Every option there is. */
export const optionsSchema = only({
  ...place,
  ...of(['translate', 'fingerprint', 'findUser', 'visitor', 'whenRefused', 'whenStale'], callback),
  groups: t.Optional(
    t.Record(t.String({ pattern: GROUP }), only(place), {
      additionalProperties: false,
      description: 'a path like /staff, with no . or .. in it, and not below /api',
    }),
  ),
  messages: t.Optional(only(of(Object.keys(messages), message))),
  keepsNextIn: t.Optional(choice('query', 'session')),
  protection: t.Optional(choice('basic', 'strong', 'off')),
  cookies: t.Optional(
    only({
      names: t.Optional(only(of(COOKIE_NAMES, cookieName))),
      sameSite: t.Optional(choice('lax', 'strict')),
      domain: t.Optional(
        t.String({
          pattern: String.raw`^(?![\d.]+$)[a-z\d-]+(\.[a-z\d-]+)*$`,
          description: 'a host name in small letters',
        }),
      ),
      path: t.Optional(t.String({ pattern: COOKIE_PATH, description: 'a path on this site, without a query' })),
    }),
  ),
  rememberFor: t.Optional(lifetimeSchema),
  on: t.Optional(only(of(EVENTS, callback))),
})

const check = getSchemaValidator(optionsSchema, { normalize: false, coerce: false })

/** What is impossible in these options, a line for each. Types say the same, but not to JavaScript, nor past a cast. */
export const flawsInAuth = (given: unknown) =>
  distinct(
    [...check.Errors(given)].map(({ path, schema }) => {
      const name = path.replaceAll('/', '.').replaceAll('~1', '/')
      return `auth${name} should be ${schema.description}.`
    }),
  )

const distinct = (lines: string[]) => [...new Set(lines)] // one value may be wrong in two ways
