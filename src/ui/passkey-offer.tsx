import { LinkButton } from './button'
import { Form } from './form'
import { Html } from './html'

/** After a login with a password. The script shows it if the device can check its user. */
export const PasskeyOffer = ({ path }: { path: string }) => (
  <section id="passkey-offer" class="card stack" aria-labelledby="passkey-offer-title" data-passkey-offer hidden>
    <h2 id="passkey-offer-title">Log in without a password next time</h2>
    <p>Use your fingerprint, face or PIN instead.</p>
    <div class="actions">
      <LinkButton href="/settings/security/passkeys/new" text="Add a passkey" asksForPassword />
      <Form
        action="/settings/security/passkeys/decline"
        submit="Not now"
        kind="secondary"
        next={path}
        target="#passkey-offer"
      />
    </div>
  </section>
)

/** For `public/passkeys.js`, which tells the browser which passkeys still work. */
export const AcceptedPasskeys = ({ accepted }: { accepted: object }) => (
  <div hidden data-accepted={Html.escapeHtml(JSON.stringify(accepted))} />
)
