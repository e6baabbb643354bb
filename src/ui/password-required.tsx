import { Html } from './html'

/** Replaces a form that requires a fresh login, so that users do not fill it in before they enter the password. */
export const PasswordRequired = ({ reason, reloginUrl }: { reason: string; reloginUrl: string }) => (
  <>
    <p safe>{reason}</p>
    <p>
      <a href={Html.escapeHtml(reloginUrl)} class="button" data-relogin>
        Confirm your password
      </a>
    </p>
  </>
)
