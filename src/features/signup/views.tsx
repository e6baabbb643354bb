import { Field, Form } from '@/ui/form'
import { Html, type View } from '@/ui/html'

type Errors = { email?: string; name?: string; password?: string }
type SignupProps = { minLength: number; email?: string; name?: string; errors?: Errors; isTaken?: boolean }

export const SignupPage = ({ minLength, email, name, errors = {}, isTaken }: SignupProps): View => {
  const emailIsBad = isTaken || errors.email !== undefined
  return {
    title: 'Sign Up',
    body: (
      <section class="card">
        <h1>Sign Up</h1>
        <Form action="/signup" submit="Sign Up">
          <Field
            label="Email"
            name="email"
            type="email"
            autocomplete="username"
            value={email}
            error={errors.email}
            errorMarkup={isTaken ? <AddressTaken /> : undefined}
            autofocus={emailIsBad || (errors.name === undefined && errors.password === undefined)}
          />
          <Field
            label="Name"
            name="name"
            autocomplete="name"
            value={name}
            error={errors.name}
            autofocus={!emailIsBad && errors.name !== undefined}
          />
          <Field
            label="Password"
            name="password"
            type="password"
            autocomplete="new-password"
            hint={`At least ${minLength} characters. A few unrelated words work well.`}
            minLength={minLength}
            error={errors.password}
            autofocus={!emailIsBad && errors.name === undefined && errors.password !== undefined}
          />
        </Form>
      </section>
    ),
  }
}

const AddressTaken = () => (
  <>
    Email address already exists. Go to <a href="/login">login page</a>.
  </>
)
