import type { ButtonKind } from './button'
import { htmxAttributes, SubmitButton, type FormTarget } from './form'
import { Html, unescaped, type Children } from './html'
import { PageUserField } from './page-user'

type PasskeyFormProps = {
  action: string
  submit: string
  kind?: ButtonKind
  /** The options of WebAuthn, with a challenge. `public/passkeys.js` passes them to the browser. */
  options?: object
  /**
   * Responds with the options. The login page has no challenge, so it is the same for everyone: a comparison of two failed
   * logins reveals no account.
   */
  optionsPath?: string
  /** The field that the script fills: an assertion proves a passkey, an attestation adds one. */
  field: 'assertion' | 'attestation'
  /** Where to go after the login. */
  next?: string
  /** The user of the form, on a page without a user. */
  userId?: string
  target?: FormTarget
  /**
   * `login`: the list of the email field contains the passkeys, too. `dialog`: the browser asks for a passkey as soon as the form
   * appears. Both prefer the passkeys of this device. `upgrade`: the browser may add a passkey without a question.
   */
  mode?: 'login' | 'dialog' | 'upgrade'
  /** Hidden fields with the values of fields of the same name in another form of the page. */
  copies?: readonly string[]
  /** The form is the first way on this page, so its button gets the focus. */
  isFirst?: boolean
  /** The server does not know the passkey that was just used, so the browser should stop offering it. */
  isUnknown?: boolean
  /** After another form. */
  hasSeparator?: boolean
  /** The id of an error message about this form. */
  errorId?: string
  /** Shown in its place if the browser runs no scripts. */
  withoutScripts?: string
  children?: Children
}

/** The options for the browser, their path, or the address where passkeys work. */
export type PasskeyRequest = { options: object } | { optionsPath: string } | { url: string }

type PasskeyButtonProps = Omit<PasskeyFormProps, 'options' | 'optionsPath'> & { request: PasskeyRequest }

export const PasskeyButton = ({ request, children, ...form }: PasskeyButtonProps) =>
  'url' in request ? (
    <PasskeysElsewhere url={request.url} />
  ) : (
    <PasskeyForm {...form} {...request}>
      {unescaped(children ?? <></>)}
    </PasskeyForm>
  )

/** On another name of the computer of a developer. */
export const PasskeysElsewhere = ({ url }: { url: string }) => (
  <p class="small">
    Passkeys work at{' '}
    <a href={Html.escapeHtml(url)} safe>
      {url}
    </a>
    .
  </p>
)

/** The script shows this form: browsers without scripts have no passkeys. */
export const PasskeyForm = ({ withoutScripts, children, ...form }: PasskeyFormProps) => (
  <>
    <HiddenForm {...form}>{unescaped(children ?? <></>)}</HiddenForm>
    {withoutScripts === undefined ? (
      ''
    ) : (
      <noscript>
        <p class="small" safe>
          {withoutScripts}
        </p>
      </noscript>
    )}
  </>
)

const HiddenForm = ({
  action,
  submit,
  kind,
  options,
  optionsPath,
  field,
  next,
  userId,
  target,
  copies = [],
  ...form
}: PasskeyFormProps) => (
  <form
    method="post"
    action={Html.escapeHtml(action)}
    {...htmxAttributes(action, target)}
    novalidate
    hidden
    class="stack"
    data-passkey={options === undefined ? '' : Html.escapeHtml(JSON.stringify(options))}
    data-options-path={optionsPath}
    data-mode={form.mode}
    data-first={form.isFirst}
    data-unknown={form.isUnknown}
  >
    <PageUserField userId={userId} />
    {next === undefined ? '' : <input type="hidden" name="next" value={Html.escapeHtml(next)} />}
    <input type="hidden" name={field} />
    {copies.map((name) => (
      <input type="hidden" name={Html.escapeHtml(name)} data-same />
    ))}
    {unescaped(form.children ?? <></>)}
    {form.hasSeparator ? <p class="separator">or</p> : ''}
    <SubmitButton submit={submit} kind={kind} errorId={form.errorId} />
    <p class="visually-hidden" role="status" />
  </form>
)
