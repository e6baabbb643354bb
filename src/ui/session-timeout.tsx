import { Dialog } from './dialog'
import { Html } from './html'
import { PageUserField } from './page-user'
import { staticHtmlWithSlots } from './static-html'

/** The session of a page. */
export type SessionTimeoutProps = {
  userId: string
  /** Epoch milliseconds: the clock of the browser may be wrong. */
  now: number
  /** Seconds. */
  idle: number
  absolute: number
  isRemembered: boolean
  reloginPath: string
}

type MarkupProps = { [Name in 'userId' | 'now' | 'idle' | 'absolute' | 'reloginPath']: string } & {
  isRemembered: boolean
}

const Markup = ({ userId, now, idle, absolute, isRemembered, reloginPath }: MarkupProps) => (
  <>
    <aside
      id="countdown"
      aria-label="Time left"
      hidden
      data-user={userId}
      data-now={now}
      data-idle={idle}
      data-absolute={absolute}
      data-remembered={isRemembered}
    >
      <p role="timer">
        You will be logged out in <span class="time">1:00</span>
      </p>
      <div class="actions">
        <button type="button" class="stay">
          Stay logged in
        </button>
        <form method="post" action="/logout">
          <PageUserField />
          <button type="submit" class="secondary">
            Log out
          </button>
        </form>
      </div>
    </aside>
    <p id="countdown-status" class="visually-hidden" role="status" />
    <Dialog id="relogin-dialog" contentId="relogin-form" titleId="relogin-title" reloginPath={reloginPath} />
    <Dialog id="page-dialog" contentId="page-dialog-content" titleId="dialog-title" />
    <Templates />
  </>
)

const Templates = () => (
  <>
    <template id="logged-out">
      <section class="card focused stack">
        <h1>You have been logged out</h1>
        <p>The content of this page was removed from this browser.</p>
        <p>
          <a class="button" href="">
            Log in again
          </a>
        </p>
      </section>
    </template>
    <template id="still-there">
      <h2 id="relogin-title">Are you still there?</h2>
      <p>This page is hidden because you were away. This device is remembered, so you do not need your password.</p>
      <button type="button" class="continue">
        Continue
      </button>
      <form method="post" action="/logout">
        <PageUserField />
        <button type="submit" class="link">
          Log out
        </button>
      </form>
    </template>
  </>
)

const markupFor = (isRemembered: boolean) =>
  staticHtmlWithSlots({ userId: 'text', now: 'text', idle: 'text', absolute: 'text', reloginPath: 'text' }, (slots) => (
    <Markup {...slots} isRemembered={isRemembered} />
  ))
const markup = { remembered: markupFor(true), other: markupFor(false) }

/**
 * Markup for `public/session-timeout.js`. Screen readers announce only the sentence in `countdown-status`: a timer that changes every
 * second would interrupt them.
 */
export const SessionTimeout = ({ isRemembered, now, idle, absolute, ...texts }: SessionTimeoutProps) =>
  markup[isRemembered ? 'remembered' : 'other']({
    ...texts,
    now: `${now}`,
    idle: `${idle}`,
    absolute: `${absolute}`,
  })
