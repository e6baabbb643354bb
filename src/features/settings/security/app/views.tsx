import { minutes } from '@/lib/duration'
import { quantity } from '@/lib/quantity'
import { groupedSecret } from '@/lib/totp'
import type { RateLimited } from '@/model/types'
import { LinkButton } from '@/ui/button'
import { Card } from '@/ui/card'
import { CopyField } from '@/ui/copy-field'
import { Field } from '@/ui/field'
import { firstErrorField, Form, FormError } from '@/ui/form'
import { Html, type View } from '@/ui/html'
import { loginErrorText } from '@/ui/login-error-text'
import { PageHead, Section, Sections } from '@/ui/page-head'
import { QrCode } from '@/ui/qr-code'
import { WRONG_APP_CODE_TEXT } from '@/ui/second-factor-text'
import { StepOf } from '../steps'

const TITLE = 'Set up authenticator app'

type StartProps = {
  action: string
  /** Where `Cancel` leads. */
  back: string
  /** How many apps a user may have. */
  max: number
  refused?: RateLimited | { kind: 'full' }
}

/** Before the first step: no secret exists yet, because opening a page changes nothing. */
export const StartAppPage = ({ action, back, max, refused }: StartProps): View => ({
  title: TITLE,
  body: (
    <>
      <PageHead title={TITLE} />
      <Card>
        <FormError id="app-error" text={refused && refusalText(refused, max)} />
        <p>
          An authenticator app on your phone shows a new code every 30 seconds. Install one first, if you have none.
        </p>
        <Form action={action} submit="Start" extra={<LinkButton href={back} text="Cancel" kind="secondary" />} />
      </Card>
    </>
  ),
})

const refusalText = (refused: RateLimited | { kind: 'full' }, max: number) =>
  refused.kind === 'full'
    ? `You have ${max} authenticator apps, the maximum. Remove one first.`
    : loginErrorText(refused)

/** Why the first code was refused. `clockDifference`: in milliseconds; the code fits to another time than now. */
export type SetupFailure = { kind: 'wrong'; clockDifference?: number } | RateLimited

function failureText(failure: SetupFailure) {
  if (failure.kind !== 'wrong') return loginErrorText(failure)
  const { clockDifference } = failure
  if (clockDifference === undefined) return WRONG_APP_CODE_TEXT
  const amount = quantity(Math.round(Math.abs(clockDifference) / minutes(1)), 'minute')
  const direction = clockDifference > 0 ? 'ahead' : 'behind'
  return `Your phone’s clock is ${amount} ${direction}. Set it to update automatically, then try again.`
}

export type AppSetup = {
  /** The id of the unconfirmed app. */
  id: string
  secret: string
  /** For the QR code and the link. */
  uri: string
}

type SetupProps = {
  setup: AppSetup
  /** Two-step verification is off, so recovery codes follow. */
  hasThirdStep: boolean
  action: string
  restart: string
  back: string
  name?: string
  failure?: SetupFailure
  nameError?: string
}

export const AppSetupPage = ({ setup, hasThirdStep, action, restart, back, ...tried }: SetupProps): View => {
  const steps = hasThirdStep ? 3 : 2
  const { name, failure, nameError } = tried
  const errors = { code: failure && failureText(failure), name: nameError }
  const focus = failure || nameError ? firstErrorField(errors, 'code') : undefined
  return {
    title: TITLE,
    body: (
      <>
        <PageHead title={TITLE} />
        <Sections>
          <Section title="1 Scan the QR code" aside={<StepOf step={1} steps={steps} />}>
            <Card>
              <p>Open your authenticator app, add an account and scan this code.</p>
              <QrCode text={setup.uri} label="QR code for your authenticator app" />
              <p>If you cannot scan it, enter this key in the app:</p>
              <CopyField id="app-secret" value={groupedSecret(setup.secret)} label="the key" />
              <p>
                <a href={Html.escapeHtml(setup.uri)}>Open in an authenticator app on this device</a>
              </p>
              <Form action={restart} submit="Use another key" kind="link" />
            </Card>
          </Section>
          <Section title="2 Enter the code" aside={<StepOf step={2} steps={steps} />}>
            <Form
              action={action}
              submit="Continue"
              isCard
              extra={<LinkButton href={back} text="Cancel" kind="secondary" />}
            >
              <input type="hidden" name="app" value={Html.escapeHtml(setup.id)} />
              <Field
                label="Code from your authenticator app"
                name="code"
                autocomplete="one-time-code"
                autocapitalize="none"
                inputmode="numeric"
                hint="6 digits"
                error={errors.code}
                autofocus={focus === 'code'}
              />
              <Field
                label="Name"
                name="name"
                isOptional
                hint="For example the phone that has the app."
                value={name}
                error={errors.name}
                autofocus={focus === 'name'}
              />
            </Form>
          </Section>
        </Sections>
      </>
    ),
  }
}

/** The secret has expired, was replaced in another tab, or was tried too often. */
export const SetupGonePage = ({ restart }: { restart: string }): View => ({
  title: 'This set-up has expired',
  body: (
    <>
      <PageHead title="This set-up has expired" />
      <Card>
        <p>Nothing has changed. Remove the account from your authenticator app, and start again with a new QR code.</p>
        <div class="actions">
          <LinkButton href={restart} text="Start again" asksForPassword />
        </div>
      </Card>
    </>
  ),
})
