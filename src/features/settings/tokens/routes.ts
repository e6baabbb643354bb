import { Elysia, t } from 'elysia'
import { days } from '@/lib/duration'
import {
  createApiToken,
  flawInTokenName,
  listApiTokensOf,
  MOST_DAYS,
  revokeApiToken,
} from '@/model/api-tokens/api-tokens'
import { scopes } from '@/model/users/roles'
import { act } from '@/http/auth/recheck'
import { text } from '@/http/request/form-fields'
import type { Guards } from '@/http/auth/guards'
import { notAllowed, notFound } from '@/http/response/http-errors'
import { TokensPage } from './views'

const HERE = '/settings/tokens'
const DEFAULT_DAYS = '90'

const fullError = (max: number) => `You have ${max} tokens, as many as there can be. Revoke one first.`
const dailyLimitError = (max: number) =>
  `You have made ${max} tokens within a day, as many as one may. Come again tomorrow.`

const NewToken = t.Object({
  name: text,
  scopes: t.Union([t.String(), t.Array(t.String())], { default: [] }),
  expires_days: t.String({ default: DEFAULT_DAYS }),
})

export const tokenSettings = ({ loginRequired, freshLoginRequired }: Guards) =>
  new Elysia({ prefix: '/tokens' })
    .use(createTokens(freshLoginRequired))
    .use(loginRequired)
    .get('/', async ({ deps, currentUser, isFresh, reloginUrl, can, reply }) => {
      const page = {
        tokens: await listApiTokensOf(deps, currentUser),
        tokenPrefix: deps.config.branding.tokenPrefix,
        isFresh,
        reloginUrl: reloginUrl(HERE),
        can,
      }
      return reply.page(TokensPage({ ...page, form: EMPTY }))
    })
    .post('/:id/revoke', async ({ deps, client, currentUser, params, reply }) => {
      if (!(await revokeApiToken(deps, currentUser, params.id, client))) throw notFound()
      return reply.go(HERE, 'token-revoked')
    })

const EMPTY = { name: '', scopes: ['profile:read'], expires_days: DEFAULT_DAYS }

const createTokens = (freshLoginRequired: Guards['freshLoginRequired']) =>
  new Elysia().use(freshLoginRequired).post(
    '/',
    async ({ deps, client, currentUser, session, body, isFresh, reloginUrl, can, reply }) => {
      const form = { ...body, scopes: [body.scopes].flat() }
      const { wanted, mistakes } = read(form)
      const created =
        wanted &&
        (await act(deps, session, 'profile:write', (deps) => createApiToken(deps, currentUser, wanted, client)))
      const page = {
        tokens: await listApiTokensOf(deps, currentUser),
        tokenPrefix: deps.config.branding.tokenPrefix,
        isFresh,
        reloginUrl: reloginUrl(HERE),
        can,
      }
      if (created?.kind === 'refused') throw notAllowed()
      if (created?.kind === 'created') return reply.page(TokensPage({ ...page, form: EMPTY, created: created.text }))
      const { activeApiTokens, createdApiTokensPerDay } = deps.config.rowCaps.perUser
      const limitError = created?.kind === 'full' ? fullError(activeApiTokens) : dailyLimitError(createdApiTokensPerDay)
      return reply.page(TokensPage({ ...page, form, mistakes, mistake: created && limitError }), 422)
    },
    { body: NewToken },
  )

/** The token that a form asks for, or what is wrong with which of its fields. */
function read(form: typeof EMPTY) {
  const chosen = scopes.filter((scope) => form.scopes.includes(scope))
  const lifetime = lifetimeIn(form.expires_days)
  const mistakes = {
    name: flawInTokenName(form.name),
    scopes: chosen.length === 0 || chosen.length < new Set(form.scopes).size ? 'Choose what it may do.' : undefined,
    expires_days: lifetime ? undefined : `Use a whole number of days from 1 to ${MOST_DAYS}.`,
  }
  const isRight = !(mistakes.name ?? mistakes.scopes)
  return { wanted: isRight && lifetime ? { name: form.name, scopes: chosen, lifetime } : undefined, mistakes }
}

/** In milliseconds; undefined where that is no number of days that a token may live. */
function lifetimeIn(text: string) {
  const number = text.trim() || DEFAULT_DAYS
  return /^\d{1,3}$/.test(number) && Number(number) >= 1 && Number(number) <= MOST_DAYS
    ? days(Number(number))
    : undefined
}
