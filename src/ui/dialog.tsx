import { Html, unescaped, type Children } from './html'

type DialogProps = { id: string; contentId: string; titleId: string; reloginPath?: string; children?: Children }

/** An empty dialog. Scripts fill its content and open it. */
export const Dialog = ({ id, contentId, titleId, reloginPath, children }: DialogProps) => (
  <dialog id={id} aria-labelledby={titleId} data-relogin-path={reloginPath}>
    <article id={contentId} class="stack">
      {unescaped(children ?? <></>)}
    </article>
  </dialog>
)

/** Closes the re-login dialog of an active session. */
export const CancelButton = () => (
  <button type="button" class="secondary cancel">
    Cancel
  </button>
)
