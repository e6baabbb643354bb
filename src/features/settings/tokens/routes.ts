import { Elysia, t } from 'elysia'
import { days } from '@/lib/durations'
import { createApiToken, flawInTokenName, listApiTokensOf, MOST_TOKENS, revokeApiToken } from '@/model/api-tokens'
import { scopes } from '@/model/roles'
import { text } from '@/web/fields'
import type { Guards } from '@/web/guards'
import { notFound } from '@/web/refusals'
import { TokensPage } from './views'

const DEFAULT_DAYS = '90'
const MAX_DAYS = 365

const NewToken = t.Object({
  name: text,
  scopes: t.Union([t.String(), t.Array(t.String())], { default: [] }),
  expires_days: t.String({ default: DEFAULT_DAYS }),
})

export const tokenSettings = ({ loginRequired, freshLoginRequired }: Guards) =>
  new Elysia({ prefix: '/tokens' })
    .use(createTokens(freshLoginRequired))
    .use(loginRequired)
    .get('/', async ({ deps, currentUser, isFresh, can, reply }) =>
      reply.page(TokensPage({ tokens: await listApiTokensOf(deps, currentUser), isFresh, can, form: EMPTY })),
    )
    .post('/:id/revoke', async ({ deps, currentUser, params, reply }) => {
      if (!(await revokeApiToken(deps, currentUser, params.id))) throw notFound()
      return reply.go('/settings/tokens', 'token-revoked')
    })

const EMPTY = { name: '', scopes: ['profile:read'], expires_days: DEFAULT_DAYS }

const createTokens = (freshLoginRequired: Guards['freshLoginRequired']) =>
  new Elysia().use(freshLoginRequired).post(
    '/',
    async ({ deps, currentUser, body, isFresh, can, reply }) => {
      const form = { ...body, scopes: [body.scopes].flat() }
      const chosen = scopes.filter((scope) => form.scopes.includes(scope))
      const lifetime = lifetimeIn(form.expires_days)
      const mistakes = {
        name: flawInTokenName(form.name),
        scopes: chosen.length === 0 || chosen.length < new Set(form.scopes).size ? 'Choose what it may do.' : undefined,
        expires_days: lifetime ? undefined : `Use a whole number of days from 1 to ${MAX_DAYS}.`,
      }
      const isRight = !(mistakes.name ?? mistakes.scopes ?? mistakes.expires_days)
      const created =
        isRight && lifetime
          ? await createApiToken(deps, currentUser, { name: form.name, scopes: chosen, lifetime })
          : undefined
      const page = { tokens: await listApiTokensOf(deps, currentUser), isFresh, can }
      if (created) return reply.page(TokensPage({ ...page, form: EMPTY, created: created.text }))
      const isFull = isRight ? `You have ${MOST_TOKENS} tokens, as many as there can be. Revoke one first.` : undefined
      return reply.page(TokensPage({ ...page, form, mistakes, mistake: isFull }), 422)
    },
    { body: NewToken },
  )

/** In milliseconds; undefined where that is no number of days that a token may live. */
function lifetimeIn(text: string) {
  const number = text.trim() || DEFAULT_DAYS
  return /^\d{1,3}$/.test(number) && Number(number) >= 1 && Number(number) <= MAX_DAYS
    ? days(Number(number))
    : undefined
}
