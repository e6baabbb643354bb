import { Html } from './html'

type PasswordRequiredProps = {
  reason: string
  reloginUrl: string
  /** False if a code or a passkey may be asked for. */
  isPasswordOnly: boolean
}

/** Replaces a form that requires a fresh login, so that users do not fill it in before they enter the password. */
export const PasswordRequired = ({ reason, reloginUrl, isPasswordOnly }: PasswordRequiredProps) => (
  <>
    <p safe>{reason}</p>
    <p>
      <a href={Html.escapeHtml(reloginUrl)} class="button" data-relogin>
        {isPasswordOnly ? 'Confirm your password' : 'Confirm that it’s you'}
      </a>
    </p>
  </>
)
