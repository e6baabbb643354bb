import type { RateLimited } from '@/model/types'
import { Form, FormError } from '@/ui/form'
import { Html, type View } from '@/ui/html'
import { InvalidLinkPage } from '@/ui/invalid-link'
import { LocalTime } from '@/ui/local-time'
import { loginErrorText } from '@/ui/login-error-text'
import { FocusedPage } from '@/ui/page-head'

const TITLE = 'Your account is scheduled for deletion'

export const InvalidRestorePage = ({ loginUrl }: { loginUrl: string }) =>
  InvalidLinkPage({ actions: [{ text: 'Log in', href: loginUrl }] })

export type RestoreFailure = { kind: 'undecided' } | RateLimited

type RestoreProps = { deletionAt: number; next?: string; failure?: RestoreFailure }

const errorText = (failure: RestoreFailure) =>
  failure.kind === 'undecided' ? 'Choose whether to keep your account.' : loginErrorText(failure)

export const RestorePage = ({ deletionAt, next, failure }: RestoreProps): View => ({
  title: TITLE,
  isFocused: true,
  body: (
    <FocusedPage title={TITLE}>
      <FormError id="choice-error" text={failure && errorText(failure)} />
      <p>
        It will be deleted <LocalTime at={deletionAt} />.
      </p>
      <div class="actions">
        <ChoiceForm choice="keep" submit="Keep my account" kind="primary" next={next} />
        <ChoiceForm choice="delete" submit="Delete it as planned" kind="secondary" next={next} />
      </div>
    </FocusedPage>
  ),
})

type ChoiceProps = { choice: 'keep' | 'delete'; submit: string; kind: 'primary' | 'secondary'; next?: string }

const ChoiceForm = ({ choice, ...form }: ChoiceProps) => (
  <Form action="/restore-account" {...form}>
    <input type="hidden" name="choice" value={choice} />
  </Form>
)
