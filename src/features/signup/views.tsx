import type { Wait } from '@/model/types'
import { sentenceOf } from '@/ui/login-error-text'
import { Field, NewPassword } from '@/ui/field'
import { focusOf, Form, FormMistake } from '@/ui/form'
import { Html, type View } from '@/ui/html'

type Mistakes = { email?: string; name?: string; password?: string }
type SignupProps = {
  minLength: number
  loginUrl: string
  email?: string
  name?: string
  mistakes?: Mistakes
  isTaken?: boolean
  wait?: Wait
}

export const SignupPage = ({ minLength, loginUrl, email, name, mistakes = {}, isTaken, wait }: SignupProps): View => {
  const focus = focusOf(mistakes, 'email')
  return {
    title: 'Sign Up',
    body: (
      <section class="card">
        <h1>Sign Up</h1>
        <Form action="/signup" submit="Sign Up">
          <FormMistake id="signup-error" text={wait && sentenceOf(wait)} />
          <Field
            label="Email"
            name="email"
            type="email"
            autocomplete="username"
            value={email}
            mistake={mistakes.email}
            mistakeMarkup={isTaken ? <AddressTaken loginUrl={loginUrl} /> : undefined}
            autofocus={focus === 'email'}
          />
          <Field
            label="Name"
            name="name"
            autocomplete="name"
            value={name}
            mistake={mistakes.name}
            autofocus={focus === 'name'}
          />
          <NewPassword
            label="Password"
            name="password"
            minLength={minLength}
            mistake={mistakes.password}
            autofocus={focus === 'password'}
          />
        </Form>
      </section>
    ),
  }
}

const AddressTaken = ({ loginUrl }: { loginUrl: string }) => (
  <>
    Email address already exists. Go to <a href={Html.escapeHtml(loginUrl)}>login page</a>.
  </>
)
