import type { FailedTry } from '@/model/types'
import { sentenceOf } from '@/ui/login-error-text'
import { Field } from '@/ui/field'
import { Form, FormMistake } from '@/ui/form'
import { Html, type View } from '@/ui/html'

type LoginProps = { next: string; email?: string; remember?: boolean; failed?: FailedTry }

/** Never says which field is wrong: that would reveal which accounts exist. */
export const LoginPage = ({ next, email, remember, failed }: LoginProps): View => {
  const isWrong = failed?.kind === 'wrong'
  const mistakeId = isWrong ? 'login-error' : undefined // a rate limit is not an error of a field
  return {
    title: 'Login',
    body: (
      <section class="card">
        <h1>Login</h1>
        <Form action="/login" submit="Login" next={next}>
          <FormMistake id="login-error" text={failed && sentenceOf(failed)} />
          <Field
            label="Email"
            name="email"
            type="email"
            autocomplete="username"
            value={email}
            mistakeId={mistakeId}
            autofocus={!failed || isWrong}
          />
          <Field
            label="Password"
            name="password"
            type="password"
            autocomplete="current-password"
            mistakeId={mistakeId}
            autofocus={failed && !isWrong}
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
