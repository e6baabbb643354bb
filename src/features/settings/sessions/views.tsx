import type { EndedSession, ActiveSession, RememberedDevice } from '@/model/sessions/session-list'
import { Form } from '@/ui/form'
import { Html, type View } from '@/ui/html'
import { LockBadge } from '@/ui/lock-badge'
import { AutoRefresh } from '@/ui/auto-refresh'
import { PageHead } from '@/ui/page-head'
import { EndedRow, ActiveRow, RememberedRow } from './session-rows'

type SessionsProps = {
  active: ActiveSession[]
  /** Remembered devices without an active session. */
  remembered: RememberedDevice[]
  ended: EndedSession[]
  currentId: string
  lastEventId: string
  isFresh: boolean
}

export const SessionsPage = ({ active, remembered, ended, currentId, lastEventId, isFresh }: SessionsProps): View => ({
  title: 'Sessions',
  body: (
    <>
      <PageHead title="Sessions" />
      <AutoRefresh id="sessions" path="/settings/sessions" lastEventId={lastEventId}>
        <section class="card">
          <h2>Active sessions</h2>
          <ul class="rows">
            {active.toSorted(currentFirst(currentId)).map((session) => (
              <ActiveRow session={session} isCurrent={session.id === currentId} />
            ))}
            {remembered.map((session) => (
              <RememberedRow session={session} />
            ))}
          </ul>
          {active.length + remembered.length > 1 ? (
            <div class="changes">
              <Form action="/settings/sessions/end-others" submit="End all other sessions" kind="secondary-danger" />
            </div>
          ) : null}
          <p class="hint">
            To end another session: <LockBadge isFresh={isFresh} />
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
      </AutoRefresh>
    </>
  ),
})

const currentFirst = (id: string) => (a: ActiveSession, b: ActiveSession) => Number(b.id === id) - Number(a.id === id)
