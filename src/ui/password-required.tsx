import { Html } from './html'

type PasswordRequiredProps = {
  reason: string
  reloginUrl: string
  /** With two-step verification a code or a passkey is asked for, and no password. */
  isTwoStep?: boolean
}

/** Replaces a form that requires a fresh login, so that users do not fill it in before they enter the password. */
export const PasswordRequired = ({ reason, reloginUrl, isTwoStep }: PasswordRequiredProps) => (
  <>
    <p safe>{reason}</p>
    <p>
      <a href={Html.escapeHtml(reloginUrl)} class="button" data-relogin>
        {isTwoStep ? 'Confirm that it’s you' : 'Confirm your password'}
      </a>
    </p>
  </>
)
