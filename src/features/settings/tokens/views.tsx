import type { ApiToken } from '@/model/api-tokens/api-tokens'
import { CheckboxGroup } from '@/ui/choices'
import { PasswordRequired } from '@/ui/password-required'
import { Field } from '@/ui/field'
import { firstErrorField, Form, FormError } from '@/ui/form'
import { Html, type View } from '@/ui/html'
import { LocalTime } from '@/ui/local-time'
import { PageHead } from '@/ui/page-head'
import { scopeText } from '@/ui/scope-text'

type NewToken = { name: string; scopes: string[]; expires_days: string }
type Errors = { name?: string; scopes?: string; expires_days?: string }
type TokensProps = {
  tokens: ApiToken[]
  tokenPrefix: string
  isFresh: boolean
  reloginUrl: string
  form: NewToken
  errors?: Errors
  /** About the form as a whole. */
  error?: string
  /** The text of a new token. */
  created?: string
}

export const TokensPage = ({ tokens, tokenPrefix, isFresh, reloginUrl, created, ...form }: TokensProps): View => ({
  title: 'API tokens',
  body: (
    <>
      <PageHead title="API tokens" />
      {created === undefined ? null : <NewTokenCard text={created} />}
      <section class="card">
        <h2>New token</h2>
        {isFresh ? (
          <NewTokenForm {...form} />
        ) : (
          <PasswordRequired
            reason="A token gives access to your account. Confirm your password first."
            reloginUrl={reloginUrl}
          />
        )}
      </section>
      <section class="card">
        <h2>Your tokens</h2>
        {tokens.length === 0 ? (
          <p>No tokens yet. A token lets a program access your account.</p>
        ) : (
          <ul class="rows">
            {tokens.map((token) => (
              <TokenRow token={token} prefix={tokenPrefix} />
            ))}
          </ul>
        )}
        <p class="hint">
          See the <a href="/api/docs">API documentation</a>.
        </p>
      </section>
    </>
  ),
})

const NewTokenCard = ({ text }: { text: string }) => (
  <section class="card" role="status">
    <h2>Your new token</h2>
    <p>Copy it now. It is shown only once. Keep it secret, like a password.</p>
    <p class="new-token">
      <code id="new-token" data-copy safe>
        {text}
      </code>
    </p>
  </section>
)

const scopes = Object.entries(scopeText).map(([scope, hint]) => ({ value: scope, text: scope, hint }))

type FormProps = Pick<TokensProps, 'form' | 'errors' | 'error'>

const NewTokenForm = ({ form, errors = {}, error }: FormProps) => {
  const focus = Object.values(errors).some(Boolean) ? firstErrorField(errors, 'name') : undefined
  return (
    <Form action="/settings/tokens" submit="Create token">
      <FormError id="token-error" text={error} />
      <Field
        label="Name"
        name="name"
        autocomplete="off"
        hint="What the token is for, for example “backup script”."
        value={form.name}
        error={errors.name}
        autofocus={focus === 'name'}
      />
      <CheckboxGroup
        legend="Scopes"
        name="scopes"
        options={scopes}
        selected={form.scopes}
        error={errors.scopes}
        autofocus={focus === 'scopes'}
      />
      <Field
        label="Expires after (days)"
        name="expires_days"
        inputmode="numeric"
        autocomplete="off"
        hint="At most 365."
        value={form.expires_days}
        error={errors.expires_days}
        autofocus={focus === 'expires_days'}
      />
    </Form>
  )
}

const TokenRow = ({ token, prefix }: { token: ApiToken; prefix: string }) => (
  <li>
    <h3 safe>{token.name}</h3>
    <dl>
      <dt>Token</dt>
      <dd>
        <code safe>{`${prefix}…${token.hint}`}</code>
      </dd>
      <dt>Scopes</dt>
      <dd safe>{token.scopes.join(', ')}</dd>
      <dt>Created</dt>
      <dd>
        <LocalTime at={token.created_at} />
      </dd>
      <dt>Expires</dt>
      <dd>
        <LocalTime at={token.expires_at} />
      </dd>
      <dt>Last used</dt>
      <dd>{token.last_used_at === null ? 'never' : <LocalTime at={token.last_used_at} />}</dd>
    </dl>
    <Form
      action={`/settings/tokens/${token.id}/revoke`}
      submit="Revoke"
      ariaLabel={`Revoke ${token.name}`}
      kind="secondary"
      isSmall
    />
  </li>
)
