import type { EndedSession, LiveSession, RestingSession } from '@/model/sessions/session-list'
import { AccountMenu, type Can } from '@/ui/account-menu'
import { Form } from '@/ui/form'
import { Html, type View } from '@/ui/html'
import { NeedsPassword } from '@/ui/lock-badge'
import { UpToDate } from '@/ui/auto-refresh'
import { EndedRow, LiveRow, RestingRow } from './session-rows'

type SessionsProps = {
  live: LiveSession[]
  /** Remembered devices without an active session. */
  resting: RestingSession[]
  ended: EndedSession[]
  currentId: string
  lastEventId: string
  isFresh: boolean
  can: Can
}

export const SessionsPage = ({ live, resting, ended, currentId, lastEventId, isFresh, can }: SessionsProps): View => ({
  title: 'Sessions',
  body: (
    <>
      <h1>Sessions</h1>
      <AccountMenu current="/settings" can={can} />
      <UpToDate id="sessions" path="/settings/sessions" lastEventId={lastEventId}>
        <section class="card">
          <h2>Active sessions</h2>
          <ul class="rows">
            {live.toSorted(firstIs(currentId)).map((session) => (
              <LiveRow session={session} isCurrent={session.id === currentId} />
            ))}
            {resting.map((session) => (
              <RestingRow session={session} />
            ))}
          </ul>
          {live.length + resting.length > 1 ? (
            <div class="changes">
              <Form action="/settings/sessions/end-others" submit="End all other sessions" isGrave />
            </div>
          ) : null}
          <p class="aside">
            To end another session: <NeedsPassword isFresh={isFresh} />
          </p>
        </section>
        {ended.length === 0 ? (
          <></>
        ) : (
          <section class="card">
            <h2>Ended in the last 30 days</h2>
            <ul class="rows">
              {ended.map((session) => (
                <EndedRow session={session} />
              ))}
            </ul>
          </section>
        )}
      </UpToDate>
    </>
  ),
})

const firstIs = (id: string) => (a: LiveSession, b: LiveSession) => Number(b.id === id) - Number(a.id === id)
