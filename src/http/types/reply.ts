import type { View } from '@/ui/html'
import type { FlashKey } from '@/ui/flash-messages'

/** The content of an error page and of a problem document. */
export interface ErrorContent {
  readonly status: number
  readonly title: string
  readonly detail: string
  readonly headers: Record<string, string>
  /** The error message of each field, for programs. */
  readonly errors?: Record<string, string>
  /** The page with the form that was refused. */
  readonly reloadPath?: string
}

export type ExtraHeaders = Record<string, string>

/** The ways to respond. */
export interface Reply {
  /** The whole document, or only the content of `<main>` if htmx asked for a partial. */
  page(view: View, status?: number, extra?: ExtraHeaders): Promise<Response>
  /** Redirects, and shows the flash message on the next page. */
  redirect(to: string, flash?: FlashKey): Response
  json(value: unknown): Response
  /** False for htmx, which shows a file instead of saving it. */
  canDownload(): boolean
  /** JSON that the browser saves as a file. */
  download(fileName: string, value: unknown): Response
  text(value: string, status?: number): Response
  /** A file that is no page of the site. */
  file(body: string | Uint8Array<ArrayBuffer>, contentType: string, extra?: ExtraHeaders): Response
  noContent(): Response
  /** Server-sent events. */
  stream(body: ReadableStream<string>): Response
  /** Whether htmx asks for a part of the page. Without scripts, a form that changes one element redirects. */
  canReplace(): boolean
  /** Replaces the target of the form. */
  partial(body: JSX.Element): Promise<Response>
  /** The content of the dialog above a page. */
  dialog(body: JSX.Element, status?: number, extra?: ExtraHeaders): Promise<Response>
  /** Whether a flash message waits for the next page. */
  hasFlash(): boolean
  /** For the re-login dialog, which is no page: the flash message that says why its second step ended. */
  takeSecondStepMessage(): string | undefined
  /** For the error handler. A handler throws instead of calling these. */
  readonly internal: {
    redirectToLogin(to: string, flash?: FlashKey): Response
    /** To the page that confirms the email address. */
    redirectToEmail(): Response
    /** To the page where a user sets up two-step verification. */
    redirectToSetUp(to: string): Response
    error(content: ErrorContent, id?: string): Response | Promise<Response>
    /** The response of an adopter, with the cookies that it lacks. */
    withCookies(own: Response): Response
    options(allow: string): Response
    /** For a prefetch whose page would differ from the page that the user gets. */
    refuseSpeculation(): Response
  }
}
