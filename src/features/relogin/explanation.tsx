import type { EndReason } from '@/model/types'
import { Html } from '@/ui/html'
import { isPasswordOnly, type MethodProps, type ReloginProps } from './props'

const reasons: Partial<Record<EndReason, string>> = {
  idle: 'Your session expired because you were inactive.',
  absolute: 'Your session reached its time limit.',
  revoked: 'This session was ended from another device.',
  password: 'Your password was changed.',
  factors: 'Two-step verification was turned on for your account.',
}

/** `isExplained`: a flash message already states the reason. `message` does so, too. */
export const Explanation = ({ sessionLookup, methods, isExplained, message, isInDialog }: MethodProps) =>
  sessionLookup.kind === 'active' ? (
    <p>
      To continue, {isPasswordOnly(methods) ? 'enter your password again' : 'confirm that it’s you'},{' '}
      <UserName sessionLookup={sessionLookup} />.
    </p>
  ) : (
    <p>
      {Html.escapeHtml(isExplained || message !== undefined ? '' : reasonText(sessionLookup.reason))}
      {requestText(sessionLookup.reason, methods)}, <UserName sessionLookup={sessionLookup} />.
      {isInDialog ? ' What you typed is still here.' : ''}
    </p>
  )

function requestText(reason: EndReason, methods: ReloginProps['methods']) {
  if (!isPasswordOnly(methods)) return 'Confirm that it’s you'
  return reason === 'password' ? 'Enter the new one' : 'Enter your password again'
}

const reasonText = (reason: EndReason) => (reasons[reason] === undefined ? '' : `${reasons[reason]} `)

const UserName = ({ sessionLookup }: Pick<ReloginProps, 'sessionLookup'>) => (
  <strong>
    <bdi safe>{sessionLookup.user.name}</bdi>
  </strong>
)
