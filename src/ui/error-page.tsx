import { Html, type View } from './html'

type SorryProps = {
  title: string
  advice: string
  id?: string
  /** The browser can submit the form again, including passwords. */
  maySendAgain?: boolean
}

/** `id` is also in the log. */
export const SorryPage = ({ title, advice, id, maySendAgain = false }: SorryProps): View => ({
  title,
  body: (
    <section class="sorry">
      <h1 safe>{title}</h1>
      <p safe>{advice}</p>
      {maySendAgain ? <p>Reload this page to send the form again.</p> : null}
      {id === undefined ? null : (
        <p>
          If you contact us, include this ID: <code safe>{id}</code>.
        </p>
      )}
      <p>
        <a href="/">Go to the home page</a>
      </p>
    </section>
  ),
})
