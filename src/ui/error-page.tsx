import { Html, type View } from './html'

type ErrorPageProps = {
  title: string
  detail: string
  id?: string
  /** The browser can submit the form again, including passwords. */
  canResend?: boolean
  /** The page with the form that was refused. */
  reloadPath?: string
}

/** `id` is also in the log. */
export const ErrorPage = ({ title, detail, id, canResend = false, reloadPath }: ErrorPageProps): View => ({
  title,
  body: (
    <section class="error-page">
      <h1 safe>{title}</h1>
      <p safe>{detail}</p>
      {canResend ? <p>Reload this page to send the form again.</p> : null}
      {id === undefined ? null : (
        <p>
          If you contact us, include this ID: <code safe>{id}</code>.
        </p>
      )}
      {reloadPath === undefined ? null : (
        <p>
          <a href={Html.escapeHtml(reloadPath)}>Reload the page</a>
        </p>
      )}
      <p>
        <a href="/">Go to the home page</a>
      </p>
    </section>
  ),
})
