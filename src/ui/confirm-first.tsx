import { Html } from './html'

/** In place of a form that wants a fresh login, where this one is not: nobody should fill in what would then be lost. */
export const ConfirmFirst = ({ what, next }: { what: string; next: string }) => (
  <p>
    <a href={`/relogin?next=${encodeURIComponent(next)}`} role="button" class="secondary">
      Type your password
    </a>{' '}
    <span safe>{what}</span>
  </p>
)
