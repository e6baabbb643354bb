import type { EndReason, FailedTry, Visit } from '@/model/types'
import { sentenceOf } from '@/ui/login-error-text'
import { Field, ReadonlyEmail } from '@/ui/field'
import { Form } from '@/ui/form'
import { Html, slot, type Children, type View } from '@/ui/html'

type ReloginProps = { visit: Visit; next: string; loginUrl: string; failed?: FailedTry; isExplained?: boolean }

export const ReloginPage = ({ isExplained, ...asked }: ReloginProps): View => ({
  title: 'Log in again',
  body: (
    <section class="card">
      <h1>Log in again</h1>
      <Greeting visit={asked.visit} isExplained={isExplained} />
      <Proof {...asked}>
        <ReadonlyEmail email={asked.visit.user.email} />
      </Proof>
    </section>
  ),
})

/** Shown above the current page, so that typed input stays. */
export const ReloginDialog = (asked: ReloginProps) => (
  <>
    <h2 id="relogin-title">Log in again</h2>
    <Greeting visit={asked.visit} />
    <Proof {...asked} id="relogin-password" target="#relogin-form">
      <div class="unseen" aria-hidden="true">
        <input
          type="email"
          autocomplete="username"
          value={Html.escapeHtml(asked.visit.user.email)}
          readonly
          tabindex="-1"
        />
      </div>
    </Proof>
    {asked.visit.kind === 'live' ? (
      <button type="button" class="cancel">
        Cancel
      </button>
    ) : null}
  </>
)

type ProofProps = ReloginProps & { id?: string; target?: '#relogin-form'; children: Children }

const Proof = ({ visit, next, loginUrl, failed, id, target, children }: ProofProps) => (
  <>
    <Form action="/relogin" submit="Continue" next={next} target={target}>
      {slot(children)}
      <Field
        id={id}
        label="Password"
        name="password"
        type="password"
        autocomplete="current-password"
        mistake={failed && sentenceOf(failed)}
        autofocus
      />
    </Form>
    {visit.kind === 'live' ? <LeaveFirst next={next} /> : <GoToLogin loginUrl={loginUrl} />}
  </>
)

const reasons: Partial<Record<EndReason, string>> = {
  idle: 'Your session expired because you were inactive.',
  absolute: 'Your session reached its time limit.',
  revoked: 'This session was ended from another device.',
  password: 'Your password was changed. Enter the new one.',
}

/** `isExplained`: a flash message already states the reason. */
const Greeting = ({ visit, isExplained }: Pick<ReloginProps, 'visit' | 'isExplained'>) => (
  <p>
    {visit.kind === 'live' ? 'Enter your password again, ' : 'Welcome back, '}
    <strong safe>{visit.user.name}</strong>.{' '}
    <span safe>{visit.kind === 'live' || isExplained ? '' : (reasons[visit.reason] ?? '')}</span>
  </p>
)

const GoToLogin = ({ loginUrl }: { loginUrl: string }) => (
  <p class="aside">
    <a href={Html.escapeHtml(loginUrl)}>Log in as a different user</a>
  </p>
)

/** The login page redirects users with an active session, so the session ends first. */
const LeaveFirst = ({ next }: { next: string }) => (
  <form class="aside" method="post" action={`/relogin/switch-user?next=${encodeURIComponent(next)}`}>
    <button type="submit" class="link">
      Log in as a different user
    </button>
  </form>
)
