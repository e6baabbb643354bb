import type { EndedSession, ActiveSession, RememberedDevice } from '@/model/sessions/session-list'
import { AutoRefresh } from '@/ui/auto-refresh'
import { LinkButton } from '@/ui/button'
import { Html, type View } from '@/ui/html'
import { List, ListGroup } from '@/ui/list-row'
import { LockBadge } from '@/ui/lock-badge'
import { PageHead, Section, Sections } from '@/ui/page-head'
import { EndedRow, ActiveRow, RememberedRow } from './session-rows'

type SessionsProps = {
  active: ActiveSession[]
  /** Remembered devices without an active session. */
  remembered: RememberedDevice[]
  ended: EndedSession[]
  currentId: string
  lastEventId: string
  isFresh: boolean
  isPasswordOnly: boolean
}

const LEAD = 'Devices where you are logged in. If you do not recognize one, log it out and change your password.'

export const SessionsPage = ({
  active,
  remembered,
  ended,
  currentId,
  lastEventId,
  ...freshness
}: SessionsProps): View => ({
  title: 'Sessions',
  body: (
    <>
      <PageHead title="Sessions" lead={<>{LEAD}</>}>
        <EndOthersLink hasOthers={active.length + remembered.length > 1} />
      </PageHead>
      <AutoRefresh id="sessions" path="/settings/sessions" lastEventId={lastEventId} alsoRefresh="#end-others">
        <Sections>
          <Section title="Active sessions" count={active.length} aside={<LockBadge {...freshness} />}>
            <List>
              {active.toSorted(currentFirst(currentId)).map((session) => (
                <ActiveRow session={session} isCurrent={session.id === currentId} />
              ))}
            </List>
          </Section>
          <div>
            <ListGroup id="remembered" title="Remembered devices without a session" count={remembered.length}>
              {remembered.map((session) => (
                <RememberedRow session={session} />
              ))}
            </ListGroup>
            <ListGroup id="ended" title="Ended sessions of the last 30 days" count={ended.length}>
              {ended.map((session) => (
                <EndedRow session={session} />
              ))}
            </ListGroup>
          </div>
        </Sections>
      </AutoRefresh>
    </>
  ),
})

const currentFirst = (id: string) => (a: ActiveSession, b: ActiveSession) => Number(b.id === id) - Number(a.id === id)

/** The element is always there, because a refresh adds and removes the link. */
const EndOthersLink = ({ hasOthers }: { hasOthers: boolean }) => (
  <div id="end-others">
    {hasOthers ? (
      <LinkButton href="/settings/sessions/end-others" text="Log out all other devices" kind="secondary" opensDialog />
    ) : (
      ''
    )}
  </div>
)
