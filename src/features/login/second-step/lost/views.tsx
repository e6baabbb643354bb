import { formatDuration } from '@/lib/duration'
import type { LimitedRequest, LostFactors } from '@/model/accounts/factors/delayed-reset'
import { LinkButton } from '@/ui/button'
import { Contact, type Contacts } from '@/ui/contact'
import { Form, FormError } from '@/ui/form'
import { Html, type View } from '@/ui/html'
import { LocalTime } from '@/ui/local-time'
import { loginErrorText, waitInWords } from '@/ui/login-error-text'
import { FocusedPage } from '@/ui/page-head'

const TITLE = 'Can’t use your second step?'
const BACK = '/login/second-step'

type LostFactorsProps = {
  lost: LostFactors
  /** In milliseconds. */
  wait: number
  contacts: Contacts
  next?: string
  limited?: LimitedRequest
}

export const LostFactorsPage = ({ lost, wait, contacts, next, limited }: LostFactorsProps): View => ({
  title: TITLE,
  isFocused: true,
  body: (
    <FocusedPage title={TITLE}>
      {lost.kind === 'offered' ? (
        <Form action={`${BACK}/lost`} submit="Continue" next={next} extra={<Back />}>
          <FormError id="lost-error" text={limited && limitText(limited)} />
          <p>
            We can remove two-step verification from your account after {Html.escapeHtml(formatDuration(wait))}. During
            that time we’ll email you, and you can stop it at any time.
          </p>
        </Form>
      ) : (
        <>
          <p>
            <Explanation lost={lost} contacts={contacts} />
          </p>
          <Back />
        </>
      )}
    </FocusedPage>
  ),
})

const limitText = (limited: LimitedRequest) =>
  limited.hasLink
    ? `We’ve already emailed you a link. Use the newest one, or ask again in ${waitInWords(limited.retryAfterMs)}.`
    : loginErrorText(limited)

const Explanation = ({ lost, contacts }: Pick<LostFactorsProps, 'lost' | 'contacts'>) => {
  if (lost.kind === 'waiting')
    return (
      <>
        Two-step verification will be removed from your account on <LocalTime at={lost.dueAt} show="date" />. Until
        then, any login with a second step stops it.
      </>
    )
  if (lost.kind === 'password-needed') return <>Start over and log in with your password to ask for this.</>
  if (lost.kind === 'due') return <>The waiting period is over. We’ve emailed you a link to finish.</>
  return (
    <>
      {lost.kind === 'admin' ? 'Contact an administrator.' : 'Contact the site administrator.'}
      <Contact {...contacts} />
    </>
  )
}

const Back = () => <LinkButton href={BACK} text="Back" kind="secondary" goesBack />
