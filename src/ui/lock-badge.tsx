import { Html } from './html'

/** Shows whether an action will ask for the password. */
export const LockBadge = ({ isFresh }: { isFresh: boolean }) => (
  <small class="lock-badge">
    <svg viewBox="0 0 16 16" width="14" height="14" aria-hidden="true" focusable="false">
      <path
        fill="currentColor"
        d={
          isFresh
            ? 'M5 7V5a3 3 0 0 1 5.8-1l1.4-.6A4.5 4.5 0 0 0 3.500 5v2H3v7h10V7z'
            : 'M5 7V5a3 3 0 0 1 6 0v2h2v7H3V7zm4.500 0V5a1.500 1.500 0 0 0-3 0v2z'
        }
      />
    </svg>
    {isFresh ? 'password confirmed' : 'password required'}
  </small>
)
