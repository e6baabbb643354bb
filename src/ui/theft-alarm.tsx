import { Html } from './html'

/** To whom it happened, at the next page that they open, on whatever device. */
export const TheftAlarm = () => (
  <div class="alarm" role="alert">
    <p>
      <strong>A remembered device of yours was copied.</strong> Somebody used its token a second time, so we logged that
      device out. Look at <a href="/settings/activity">what happened lately</a>, and{' '}
      <a href="/settings/password">change your password</a> if that was not you.
    </p>
  </div>
)
