import type { EventPage, SecurityEvent } from '@/model/security-events/event-list'
import { Badge } from '@/ui/badge'
import { EmptyState } from '@/ui/card'
import { Html, type View } from '@/ui/html'
import { DayList } from '@/ui/day-list'
import { ListRow } from '@/ui/list-row'
import { LocalTime } from '@/ui/local-time'
import { PageHead } from '@/ui/page-head'
import { Pager } from '@/ui/pager'
import { attentionOf, securityEventIcon, securityEventText } from '@/ui/security-event-text'

export const ActivityPage = ({ events, hasNewer, hasOlder }: EventPage): View => ({
  title: 'Activity',
  body: (
    <>
      <PageHead
        title="Activity"
        lead={
          <>
            Security events of the last 12 months. If something was not you,{' '}
            <a href="/settings/password">change your password</a> and <a href="/settings/sessions">end the sessions</a>{' '}
            that you do not recognize.
          </>
        }
      />
      {events.length === 0 ? (
        <EmptyState title="No events yet" text="Logins and changes of your account appear here." />
      ) : (
        <DayList rows={events.map((event) => ({ at: event.created_at, row: <EventRow event={event} /> }))} />
      )}
      <Pager
        newer={
          hasNewer ? `/settings/activity${events[0] ? `?after=${encodeURIComponent(events[0].id)}` : ''}` : undefined
        }
        older={hasOlder ? `/settings/activity?before=${encodeURIComponent(events.at(-1)?.id ?? '')}` : undefined}
      />
    </>
  ),
})

/** `showsDay`: in a list without headings for days. */
export const EventRow = ({ event, showsDay }: { event: SecurityEvent; showsDay?: boolean }) => {
  const attention = attentionOf(event)
  return (
    <ListRow
      icon={attention ? 'alert' : securityEventIcon(event)}
      tone={attention?.tone}
      title={securityEventText(event)}
      badges={attention && <Badge text={attention.badge} tone={attention.tone} />}
      line={
        <>
          <LocalTime at={event.created_at} show={showsDay ? 'relative' : 'time'} />
          {Html.escapeHtml(placeOf(event))}
        </>
      }
      isAttention={attention?.tone === 'danger'}
    />
  )
}

const placeOf = ({ browser, ip }: SecurityEvent) => ['', browser, ip].filter((part, i) => i === 0 || part).join(' · ')
