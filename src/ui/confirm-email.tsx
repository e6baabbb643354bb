import { Html } from './html'

/** For a user whose address is not confirmed. */
export const ConfirmEmail = () => (
  <p class="message warning">
    Please confirm your email address. <a href="/settings/email">Confirm</a>
  </p>
)
