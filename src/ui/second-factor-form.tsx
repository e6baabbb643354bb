import { Field } from './field'
import { Form } from './form'
import { Html, unescaped, type Children } from './html'
import { codeErrorText, type CodeError } from './second-factor-text'

type SecondFactorProps = {
  /** Takes both forms: `code` or `recovery_code`. */
  action: string
  next?: string
  /** The user of the form, on a page without a user. */
  userId?: string
  /** The page below the dialog may have fields of the same names. */
  isInDialog?: boolean
  hasApps: boolean
  hasRecoveryCodes: boolean
  /** Whether the button of a passkey comes first. With scripts it has the focus. */
  isSecondary?: boolean
  error?: CodeError
  /** Below the code of the app, for example the choice to trust this browser. */
  children?: Children
  /** Beside the button. */
  extra?: JSX.Element
}

/** The code of an authenticator app, and below it a recovery code. Works without scripts. */
export const SecondFactorForms = ({ hasApps, hasRecoveryCodes, children, ...props }: SecondFactorProps) => (
  <>
    {hasApps ? <AppCodeForm {...props}>{unescaped(children ?? <></>)}</AppCodeForm> : ''}
    {hasRecoveryCodes ? (
      <RecoveryCodeForm
        {...props}
        isOnlyMethod={!hasApps && !props.isSecondary}
        extra={hasApps ? undefined : props.extra}
      />
    ) : (
      ''
    )}
  </>
)

type CodeFormProps = Omit<SecondFactorProps, 'hasApps' | 'hasRecoveryCodes'>

const AppCodeForm = ({ children, extra, ...props }: CodeFormProps) => (
  <Form {...formOf(props)} extra={extra}>
    <Field
      {...fieldOf(props, 'code')}
      label="Code from your authenticator app"
      autocomplete="one-time-code"
      autocapitalize="none"
      inputmode="numeric"
      autofocus={props.error === undefined || props.error.field === 'code'}
    />
    {unescaped(children ?? <></>)}
  </Form>
)

const RecoveryCodeForm = ({ isOnlyMethod, extra, ...props }: CodeFormProps & { isOnlyMethod: boolean }) => (
  <details open={isOnlyMethod || props.error?.field === 'recovery_code'}>
    <summary>Use a recovery code</summary>
    <Form {...formOf({ ...props, isSecondary: props.isSecondary || !isOnlyMethod })} extra={extra}>
      <Field
        {...fieldOf(props, 'recovery_code')}
        label="Recovery code"
        autocomplete="off"
        autocapitalize="none"
        hint="Each recovery code works once."
        autofocus={props.error === undefined ? isOnlyMethod : props.error.field === 'recovery_code'}
      />
    </Form>
  </details>
)

const formOf = ({ action, next, userId, isInDialog, isSecondary }: CodeFormProps) => ({
  action,
  kind: isSecondary ? ('secondary' as const) : undefined,
  next,
  userId,
  submit: 'Continue',
  target: isInDialog ? ('#relogin-form' as const) : undefined,
})

/** The text of a wrong code is not shown again: it is used up or expired. */
const fieldOf = ({ error, isInDialog }: CodeFormProps, name: CodeError['field']) => ({
  name,
  id: isInDialog ? `relogin-${name}` : name,
  ...(error?.field === name ? { error: codeErrorText(error) } : {}),
})
