import { Field } from '@/ui/field'
import { Form, FormMistake } from '@/ui/form'
import { Html, type View } from '@/ui/html'

type LoginProps = { next: string; email?: string; remember?: boolean; hasFailed?: boolean }

/** Which of the two fields is wrong is not said: it would tell who has an account. */
export const LoginPage = ({ next, email, remember, hasFailed }: LoginProps): View => {
  const mistakeId = hasFailed ? 'login-error' : undefined
  return {
    title: 'Login',
    body: (
      <section class="card">
        <h1>Login</h1>
        <Form action="/login" submit="Login" next={next}>
          <FormMistake
            id="login-error"
            text={hasFailed ? 'Please check your login details and try again.' : undefined}
          />
          <Field
            label="Email"
            name="email"
            type="email"
            autocomplete="username"
            value={email}
            mistakeId={mistakeId}
            autofocus
          />
          <Field
            label="Password"
            name="password"
            type="password"
            autocomplete="current-password"
            mistakeId={mistakeId}
          />
          <label class="check">
            <input type="checkbox" name="remember" value="yes" checked={remember} /> Remember me
          </label>
        </Form>
        <p class="aside">
          New here? <a href="/signup">Create an account</a>
        </p>
      </section>
    ),
  }
}
