import { Form } from './form'
import { Html } from './html'
import { LocalTime } from './local-time'

/** On every page of every session, until the removal is cancelled or done. */
export const FactorResetAlert = ({ at }: { at: number }) => (
  <div class="alert stack" role="alert">
    <p>
      Two-step verification will be removed from your account on <LocalTime at={at} show="date" />.
    </p>
    <Form action="/settings/security/reset/cancel" submit="Cancel removal" kind="secondary" isSmall />
  </div>
)
