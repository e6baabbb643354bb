import { Html } from './html'

/** Shown on the next page that the user opens, on any device. */
export const TheftAlert = () => (
  <div class="alert" role="alert">
    <p>
      <strong>Someone may have copied your remembered login.</strong> We logged that device out. Check your{' '}
      <a href="/settings/activity">recent activity</a>, and <a href="/settings/password">change your password</a> if it
      was not you.
    </p>
  </div>
)
