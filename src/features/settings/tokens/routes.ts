import { Elysia, t } from 'elysia'
import {
  createApiToken,
  findApiToken,
  validateTokenName,
  listApiTokensOf,
  revokeApiToken,
} from '@/model/api-tokens/api-tokens'
import { hasPasswordOnly } from '@/model/factors/step-up'
import { scopes } from '@/model/users/roles'
import { withRecheck } from '@/http/auth/recheck'
import { textField } from '@/http/request/form-fields'
import type { Deps } from '@/deps/deps'
import type { Guards } from '@/http/auth/guards'
import { forbidden, notFound } from '@/http/response/http-errors'
import { CUSTOM, customDates, DEFAULT_DAYS, parseExpiry, toChoice } from './expiry'
import { CreatedTokenPage, NewTokenPage, type NewToken } from './new-token'
import { RevokeTokenPage, TokensPage } from './views'

const TOKENS_PATH = '/settings/tokens'

const fullError = (max: number) => `You have ${max} tokens, the maximum. Revoke one first.`
const dailyLimitError = (max: number) => `You can create ${max} tokens per day. Try again tomorrow.`

const NewTokenFields = t.Object({
  name: textField,
  scopes: t.Union([t.String(), t.Array(t.String())], { default: [] }),
  expires_days: t.String({ default: DEFAULT_DAYS }),
  expires_on: textField,
})

export const tokenSettings = ({ loginRequired, freshLoginRequired }: Guards) =>
  new Elysia({ prefix: '/tokens' })
    .use(createTokens(freshLoginRequired))
    .use(loginRequired)
    .get('/', async ({ deps, currentUser, isFresh, factors, reply }) => {
      const tokens = await listApiTokensOf(deps, currentUser)
      const { branding, rowCaps } = deps.config
      const max = rowCaps.perUser.activeApiTokens
      return reply.page(
        TokensPage({
          tokens,
          max,
          tokenPrefix: branding.tokenPrefix,
          now: deps.now(),
          isFresh,
          isPasswordOnly: hasPasswordOnly(await factors()),
        }),
      )
    })
    .get('/:id/revoke', async ({ deps, currentUser, params, reply }) => {
      const token = await findApiToken(deps, currentUser, params.id)
      if (!token) throw notFound()
      return reply.page(RevokeTokenPage({ token, tokenPrefix: deps.config.branding.tokenPrefix }))
    })
    .post('/:id/revoke', async ({ deps, client, currentUser, params, reply }) => {
      if (!(await revokeApiToken(deps, currentUser, params.id, client))) throw notFound()
      return reply.redirect(TOKENS_PATH, 'token-revoked')
    })

const CHOICES = { days: ['30', DEFAULT_DAYS, '365'], custom: CUSTOM } as const

const EMPTY_FORM: NewToken = { name: '', scopes: ['profile:read'], expires_days: DEFAULT_DAYS, expires_on: '' }

type FormErrors = Pick<Parameters<typeof NewTokenPage>[0], 'errors' | 'error'>

const renderForm = ({ now }: Deps, form: NewToken, errors: FormErrors) =>
  NewTokenPage({
    form: { ...form, ...toChoice(form, CHOICES.days, now()) },
    choices: CHOICES,
    dates: customDates(now()),
    ...errors,
  })

const createTokens = (freshLoginRequired: Guards['freshLoginRequired']) =>
  new Elysia()
    .use(freshLoginRequired)
    .get('/new', async ({ deps, currentUser, reply }) => {
      const { activeApiTokens: max } = deps.config.rowCaps.perUser
      const isFull = (await listApiTokensOf(deps, currentUser)).length >= max
      return reply.page(renderForm(deps, EMPTY_FORM, { error: isFull ? fullError(max) : undefined }))
    })
    .post(
      '/',
      async ({ deps, client, currentUser, session, body, reply }) => {
        const form = { ...body, scopes: [body.scopes].flat() }
        const { wanted, errors } = parseForm(form, deps.now())
        const created =
          wanted &&
          (await withRecheck(deps, session, 'profile:write', (deps) =>
            createApiToken(deps, currentUser, wanted, client),
          ))
        if (created?.kind === 'user-changed') throw forbidden()
        if (created?.kind === 'created') return reply.page(CreatedTokenPage(created))
        const { activeApiTokens, createdApiTokensPerDay } = deps.config.rowCaps.perUser
        const limitError =
          created?.kind === 'max-tokens' ? fullError(activeApiTokens) : dailyLimitError(createdApiTokensPerDay)
        return reply.page(renderForm(deps, form, { errors, error: created && limitError }), 422)
      },
      { body: NewTokenFields },
    )

function parseForm(form: NewToken, now: number) {
  const selected = scopes.filter((scope) => form.scopes.includes(scope))
  const { lifetime, ...expiryErrors } = { lifetime: undefined, ...parseExpiry(form, now) }
  const errors = {
    name: validateTokenName(form.name),
    scopes:
      selected.length === 0 || selected.length < new Set(form.scopes).size
        ? 'Choose at least one of the scopes.'
        : undefined,
    ...expiryErrors,
  }
  const isRight = !(errors.name ?? errors.scopes)
  return { wanted: isRight && lifetime ? { name: form.name, scopes: selected, lifetime } : undefined, errors }
}
