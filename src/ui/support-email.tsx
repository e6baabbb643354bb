import { Html } from './html'

/** The address where users get help. `SUPPORT_EMAIL` allows only characters that need no escapes in a URL. */
export const SupportEmail = ({ email }: { email: string }) => (
  <a href={Html.escapeHtml(`mailto:${email}`)} safe>
    {email}
  </a>
)
