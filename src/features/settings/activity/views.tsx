import type { SecurityEvent } from '@/model/security-events/event-list'
import { PageHead } from '@/ui/page-head'
import { isWarning, securityEventText } from '@/ui/security-event-text'
import { Html, type View } from '@/ui/html'
import { LocalTime } from '@/ui/local-time'

type ActivityProps = { events: SecurityEvent[]; hasOlder: boolean; before: string }

export const ActivityPage = ({ events, hasOlder, before }: ActivityProps): View => ({
  title: 'Activity',
  body: (
    <>
      <PageHead title="Activity" />
      <p class="prose">
        Security events of the last 12 months. If something was not you,{' '}
        <a href="/settings/password">change your password</a> and <a href="/settings/sessions">end the sessions</a> that
        you do not recognize.
      </p>
      {events.length === 0 ? (
        <p class="prose">No events yet.</p>
      ) : (
        <ol class="rows card">
          {events.map((event) => (
            <EventRow event={event} />
          ))}
        </ol>
      )}
      {before === '' && !hasOlder ? null : (
        <nav class="pages" aria-label="Pages">
          {before === '' ? null : <a href="/settings/activity">Newest</a>}
          {hasOlder ? <a href={`/settings/activity?before=${events.at(-1)?.id}`}>Older</a> : null}
        </nav>
      )}
    </>
  ),
})

const EventRow = ({ event }: { event: SecurityEvent }) => (
  <li class={isWarning(event) ? 'warning' : undefined}>
    <h2 safe>{securityEventText(event)}</h2>
    <p>
      <LocalTime at={event.created_at} /> <small safe>{placeOf(event)}</small>
    </p>
  </li>
)

const placeOf = ({ browser, ip }: SecurityEvent) => [browser, ip === '' ? '' : `from ${ip}`].filter(Boolean).join(', ')
