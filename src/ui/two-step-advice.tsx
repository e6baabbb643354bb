import { LinkButton } from './button'
import { Html } from './html'

/** On pages of administrators: a stolen password alone opens an account without two-step verification. */
export const TwoStepAdvice = ({ isTwoStep }: { isTwoStep: boolean }) =>
  isTwoStep ? (
    ''
  ) : (
    <div class="message info stack" role="status">
      <p>Turn on two-step verification to protect this administrator account.</p>
      <div class="actions">
        <LinkButton href="/settings/security" text="Set it up" kind="secondary" isSmall />
      </div>
    </div>
  )
