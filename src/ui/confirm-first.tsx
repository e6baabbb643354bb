import { Html } from './html'

/** In place of a form that wants a fresh login, where this one is not: nobody should fill in what would then be lost. */
export const ConfirmFirst = ({ why, next }: { why: string; next: string }) => (
  <>
    <p safe>{why}</p>
    <p class="action">
      <a href={`/relogin?next=${encodeURIComponent(next)}`} role="button" data-again>
        Type your password
      </a>
    </p>
  </>
)
