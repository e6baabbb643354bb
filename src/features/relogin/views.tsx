import type { Visit } from '@/model/sessions'
import { Field, Form, ReadonlyEmail } from '@/ui/form'
import { Html, type View } from '@/ui/html'

type ReloginProps = Pick<Visit, 'kind' | 'user'> & { next: string; loginUrl: string; hasFailed?: boolean }

export const ReloginPage = ({ kind, user, next, loginUrl, hasFailed }: ReloginProps): View => ({
  title: 'Log in again',
  body: (
    <section class="card">
      <h1>Log in again</h1>
      <p>
        {kind === 'live' ? 'Please type your password again, ' : 'Welcome back, '}
        <strong safe>{user.name}</strong>.
      </p>
      <Form action="/relogin" submit="Continue" next={next}>
        <ReadonlyEmail email={user.email} />
        <Field
          label="Password"
          name="password"
          type="password"
          autocomplete="current-password"
          mistake={hasFailed ? 'Please check your login details and try again.' : undefined}
          autofocus
        />
      </Form>
      {kind === 'live' ? <LeaveFirst next={next} /> : <GoToLogin loginUrl={loginUrl} />}
    </section>
  ),
})

const GoToLogin = ({ loginUrl }: { loginUrl: string }) => (
  <p class="aside">
    <a href={Html.escapeHtml(loginUrl)}>Log in as somebody else</a>
  </p>
)

/** Somebody is still logged in, and the login page is not for them. */
const LeaveFirst = ({ next }: { next: string }) => (
  <form class="aside" method="post" action={`/relogin/somebody-else?next=${encodeURIComponent(next)}`}>
    <button type="submit" class="link">
      Log in as somebody else
    </button>
  </form>
)
