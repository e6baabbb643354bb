import { LinkButton } from './button'
import { Form } from './form'
import { Html } from './html'
import { PasskeyForm } from './passkey-form'

/** After a login with a password. A template, so that the page has no form until the script finds a device that can check its user. */
export const PasskeyOffer = ({ path }: { path: string }) => (
  <template data-passkey-offer>
    <section id="passkey-offer" class="card stack" aria-labelledby="passkey-offer-title">
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
  </template>
)

type UpgradeProps = { options: object; userHandle: string }

/** Never shown: the script sends it if the browser added a passkey without a question. */
export const PasskeyUpgrade = ({ options, userHandle }: UpgradeProps) => (
  <PasskeyForm
    action="/settings/security/passkeys"
    submit="Add a passkey"
    options={options}
    field="attestation"
    mode="upgrade"
    target="#passkey-offer"
  >
    <input type="hidden" name="user_handle" value={Html.escapeHtml(userHandle)} />
    <input type="hidden" name="upgrade" value="yes" />
  </PasskeyForm>
)

/** For `public/passkeys.js`, which tells the browser which passkeys still work. */
export const AcceptedPasskeys = ({ accepted }: { accepted: object }) => (
  <div hidden data-accepted={Html.escapeHtml(JSON.stringify(accepted))} />
)
