import { Elysia, t } from 'elysia'
import { days } from '@/lib/duration'
import {
  createApiToken,
  validateTokenName,
  listApiTokensOf,
  MAX_TOKEN_DAYS,
  revokeApiToken,
} from '@/model/api-tokens/api-tokens'
import { scopes } from '@/model/users/roles'
import { withRecheck } from '@/http/auth/recheck'
import { textField } from '@/http/request/form-fields'
import type { Context } from '@/http/types'
import type { User } from '@/model/types'
import type { Guards } from '@/http/auth/guards'
import { forbidden, notFound } from '@/http/response/http-errors'
import { TokensPage } from './views'

const TOKENS_PATH = '/settings/tokens'
const DEFAULT_DAYS = '90'

const fullError = (max: number) => `You have ${max} tokens, the maximum. Revoke one first.`
const dailyLimitError = (max: number) => `You can create ${max} tokens per day. Try again tomorrow.`

const NewToken = t.Object({
  name: textField,
  scopes: t.Union([t.String(), t.Array(t.String())], { default: [] }),
  expires_days: t.String({ default: DEFAULT_DAYS }),
})

export const tokenSettings = ({ loginRequired, freshLoginRequired }: Guards) =>
  new Elysia({ prefix: '/tokens' })
    .use(createTokens(freshLoginRequired))
    .use(loginRequired)
    .get('/', async (context) =>
      context.reply.page(TokensPage({ ...(await pageProps(context, context.currentUser)), form: EMPTY_FORM })),
    )
    .post('/:id/revoke', async ({ deps, client, currentUser, params, reply }) => {
      if (!(await revokeApiToken(deps, currentUser, params.id, client))) throw notFound()
      return reply.redirect(TOKENS_PATH, 'token-revoked')
    })

const EMPTY_FORM = { name: '', scopes: ['profile:read'], expires_days: DEFAULT_DAYS }

const createTokens = (freshLoginRequired: Guards['freshLoginRequired']) =>
  new Elysia().use(freshLoginRequired).post(
    '/',
    async (context) => {
      const { deps, client, currentUser, session, body, reply } = context
      const form = { ...body, scopes: [body.scopes].flat() }
      const { wanted, errors } = parseForm(form)
      const created =
        wanted &&
        (await withRecheck(deps, session, 'profile:write', (deps) => createApiToken(deps, currentUser, wanted, client)))
      if (created?.kind === 'user-changed') throw forbidden()
      const page = await pageProps(context, currentUser)
      if (created?.kind === 'created')
        return reply.page(TokensPage({ ...page, form: EMPTY_FORM, created: created.text }))
      const { activeApiTokens, createdApiTokensPerDay } = deps.config.rowCaps.perUser
      const limitError =
        created?.kind === 'max-tokens' ? fullError(activeApiTokens) : dailyLimitError(createdApiTokensPerDay)
      return reply.page(TokensPage({ ...page, form, errors, error: created && limitError }), 422)
    },
    { body: NewToken },
  )

type PageContext = Pick<Context, 'deps' | 'isFresh' | 'reloginUrl'>

async function pageProps({ deps, isFresh, reloginUrl }: PageContext, user: User) {
  return {
    tokens: await listApiTokensOf(deps, user),
    tokenPrefix: deps.config.branding.tokenPrefix,
    isFresh,
    reloginUrl: reloginUrl(TOKENS_PATH),
  }
}

function parseForm(form: typeof EMPTY_FORM) {
  const selected = scopes.filter((scope) => form.scopes.includes(scope))
  const lifetime = parseLifetime(form.expires_days)
  const errors = {
    name: validateTokenName(form.name),
    scopes:
      selected.length === 0 || selected.length < new Set(form.scopes).size
        ? 'Choose at least one of the scopes.'
        : undefined,
    expires_days: lifetime ? undefined : `Use a whole number of days from 1 to ${MAX_TOKEN_DAYS}.`,
  }
  const isRight = !(errors.name ?? errors.scopes)
  return { wanted: isRight && lifetime ? { name: form.name, scopes: selected, lifetime } : undefined, errors }
}

/** Lifetime in milliseconds, or undefined if it is not a valid number of days. */
function parseLifetime(text: string) {
  const number = text.trim() || DEFAULT_DAYS
  return /^\d{1,3}$/.test(number) && Number(number) >= 1 && Number(number) <= MAX_TOKEN_DAYS
    ? days(Number(number))
    : undefined
}
