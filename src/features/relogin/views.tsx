import type { EndReason, Visit } from '@/model/sessions'
import { Field, ReadonlyEmail } from '@/ui/field'
import { Form } from '@/ui/form'
import { Html, type View } from '@/ui/html'

type ReloginProps = { visit: Visit; next: string; loginUrl: string; hasFailed?: boolean; isExplained?: boolean }

const WRONG = 'Please check your login details and try again.'

export const ReloginPage = ({ visit, next, loginUrl, hasFailed, isExplained }: ReloginProps): View => ({
  title: 'Log in again',
  body: (
    <section class="card">
      <h1>Log in again</h1>
      <Greeting visit={visit} isExplained={isExplained} />
      <Form action="/relogin" submit="Continue" next={next}>
        <ReadonlyEmail email={visit.user.email} />
        <Field
          label="Password"
          name="password"
          type="password"
          autocomplete="current-password"
          mistake={hasFailed ? WRONG : undefined}
          autofocus
        />
      </Form>
      {visit.kind === 'live' ? <LeaveFirst next={next} /> : <GoToLogin loginUrl={loginUrl} />}
    </section>
  ),
})

/** The same over the page that somebody was on: what they had typed there stays. */
export const ReloginDialog = ({ visit, next, loginUrl, hasFailed }: ReloginProps) => (
  <>
    <h2 id="again-title">Log in again</h2>
    <Greeting visit={visit} />
    <Form action="/relogin" submit="Continue" next={next} target="#again-card">
      <div class="unseen" aria-hidden="true">
        <input type="email" autocomplete="username" value={Html.escapeHtml(visit.user.email)} readonly tabindex="-1" />
      </div>
      <Field
        id="again-password"
        label="Password"
        name="password"
        type="password"
        autocomplete="current-password"
        mistake={hasFailed ? WRONG : undefined}
        autofocus
      />
    </Form>
    {visit.kind === 'live' ? <LeaveFirst next={next} /> : <GoToLogin loginUrl={loginUrl} />}
    {visit.kind === 'live' ? (
      <button type="button" class="cancel">
        Cancel
      </button>
    ) : null}
  </>
)

const reasons: Record<EndReason, string> = {
  idle: 'Your session ran out, for nobody used it.',
  absolute: 'Your session has lasted as long as one may.',
  revoked: 'This session was ended from elsewhere.',
  password: 'Your password was changed elsewhere: type the new one.',
  logout: '',
  deactivated: '',
  theft: '',
}

/** Whose password is asked for, and why, unless something above says so. */
const Greeting = ({ visit, isExplained }: Pick<ReloginProps, 'visit' | 'isExplained'>) => (
  <p>
    {visit.kind === 'live' ? 'Please type your password again, ' : 'Welcome back, '}
    <strong safe>{visit.user.name}</strong>.{' '}
    <span safe>{visit.kind === 'live' || isExplained ? '' : reasons[visit.reason]}</span>
  </p>
)

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
