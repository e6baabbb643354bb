import { Html, type View } from './html'

type SorryProps = {
  title: string
  advice: string
  id?: string
  /** Whether a form was sent that may do later: the browser has kept it, passwords included, and sends it anew. */
  maySendAgain?: boolean
}

/** The page of a closed door: what happened, what to do, and for our own faults the id that is also in the log. */
export const SorryPage = ({ title, advice, id, maySendAgain = false }: SorryProps): View => ({
  title,
  body: (
    <section class="sorry">
      <h1 safe>{title}</h1>
      <p safe>{advice}</p>
      {maySendAgain ? <p>Load this page again, and your browser sends the same once more.</p> : null}
      {id === undefined ? null : (
        <p>
          If you write to us, quote <code safe>{id}</code>.
        </p>
      )}
      <p>
        <a href="/">Go to the home page</a>
      </p>
    </section>
  ),
})
