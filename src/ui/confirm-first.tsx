import { Html } from './html'

/** In place of a form that wants a fresh login, where this one is not: nobody should fill in what would then be lost. */
export const ConfirmFirst = ({ why, reloginUrl }: { why: string; reloginUrl: string }) => (
  <>
    <p safe>{why}</p>
    <p class="action">
      <a href={Html.escapeHtml(reloginUrl)} role="button" data-again>
        Confirm your password
      </a>
    </p>
  </>
)
