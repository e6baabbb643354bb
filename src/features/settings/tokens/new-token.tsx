import { quantity } from '@/lib/quantity'
import type { ApiToken } from '@/model/api-tokens/api-tokens'
import { LinkButton } from '@/ui/button'
import { Card, Fact, Facts } from '@/ui/card'
import { CheckboxGroup, RadioGroup } from '@/ui/choices'
import { CopyField } from '@/ui/copy-field'
import { CustomChoice } from '@/ui/custom-choice'
import { Field } from '@/ui/field'
import { firstErrorField, Form, FormError } from '@/ui/form'
import { Html, type View } from '@/ui/html'
import { LocalTime } from '@/ui/local-time'
import { PageHead } from '@/ui/page-head'
import { scopeText } from '@/ui/scope-text'

export type NewToken = { name: string; scopes: string[]; expires_days: string; expires_on: string }

type NewTokenProps = {
  form: NewToken
  /** The number of days of each choice, and the value of the custom one. */
  choices: { days: readonly string[]; custom: string }
  /** The first and the last custom date. */
  dates: { min: string; max: string }
  errors?: { [Name in keyof NewToken]?: string }
  /** About the form as a whole. */
  error?: string
}

const scopes = Object.entries(scopeText).map(([scope, hint]) => ({ value: scope, text: scope, hint }))

export const NewTokenPage = ({ form, choices, dates, errors = {}, error }: NewTokenProps): View => {
  const focus = Object.values(errors).some(Boolean) ? firstErrorField(errors, 'name') : undefined
  return {
    title: 'New token',
    body: (
      <>
        <PageHead title="New token" lead={<>A token gives a program access to your account.</>} />
        <Form
          action="/settings/tokens"
          submit="Create token"
          isCard
          extra={<LinkButton href="/settings/tokens" text="Cancel" kind="secondary" />}
        >
          <FormError id="token-error" text={error} />
          <Field
            label="Name"
            name="name"
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
          <RadioGroup
            legend="Expires after"
            name="expires_days"
            options={[
              ...choices.days.map((value) => ({ value, text: quantity(Number(value), 'day') })),
              { value: choices.custom, text: 'Custom date' },
            ]}
            selected={form.expires_days}
            error={errors.expires_days}
            autofocus={focus === 'expires_days'}
          />
          <CustomChoice>
            <Field
              label="Custom date"
              name="expires_on"
              type="date"
              hint="The token expires at the end of this day (UTC). At most 365 days from today."
              min={dates.min}
              max={dates.max}
              value={form.expires_on}
              error={errors.expires_on}
              autofocus={focus === 'expires_on'}
            />
          </CustomChoice>
        </Form>
      </>
    ),
  }
}

type CreatedTokenProps = { token: ApiToken; text: string }

export const CreatedTokenPage = ({ token, text }: CreatedTokenProps): View => ({
  title: 'Token created',
  message: ['success', 'Copy the token now. It is shown only once. Keep it secret, like a password.'],
  body: (
    <>
      <PageHead title="Token created" />
      <Card>
        <CopyField id="new-token" value={text} label="the token" />
        <Facts>
          <Fact label="Name">
            <bdi safe>{token.name}</bdi>
          </Fact>
          <Fact label="Scopes">
            <Scopes token={token} />
          </Fact>
          <Fact label="Expires">
            <LocalTime at={token.expires_at} />
          </Fact>
        </Facts>
        <LinkButton href="/settings/tokens" text="Done" />
      </Card>
    </>
  ),
})

export const Scopes = ({ token }: { token: ApiToken }) => (
  <>
    {token.scopes.map((scope) => (
      <div>
        <code>{scope}</code> <span safe>{scopeText[scope]}</span>
      </div>
    ))}
  </>
)
