import { LinkButton } from './button'
import { Form } from './form'
import { Html, unescaped, type Children, type View } from './html'

type ConfirmationProps = {
  /** A question that names the object: `Deactivate Eve Adams?` */
  title: string
  /** The title as markup, with a name in `<bdi>`. */
  heading?: JSX.Element
  /** The effects, with numbers. */
  text: string
  /** The address that carries it out. */
  action: string
  submit: string
  /** The page to return to. */
  back: string
  /** Instead of `Cancel`. */
  cancel?: string
  /** Hidden fields. */
  children?: Children
}

/** The page before a destructive action. Its link has `opensDialog`, so it opens in a dialog if scripts run. */
export const Confirmation = ({
  title,
  heading,
  text,
  action,
  submit,
  back,
  cancel = 'Cancel',
  children,
}: ConfirmationProps): View => ({
  title,
  isFocused: true,
  body: (
    <section class="card focused stack">
      <h1 id="dialog-title" dir="auto">
        {heading === undefined ? Html.escapeHtml(title) : unescaped(heading)}
      </h1>
      <p dir="auto" safe>
        {text}
      </p>
      <Form
        action={action}
        submit={submit}
        kind="danger"
        extra={<LinkButton href={back} text={cancel} kind="secondary" closesDialog />}
      >
        {unescaped(children ?? <></>)}
      </Form>
    </section>
  ),
})
