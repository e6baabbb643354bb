import { SessionState } from '@/ui/access-state'
import { LinkButton } from '@/ui/button'
import { Html } from '@/ui/html'
import { List } from '@/ui/list-row'
import { Section } from '@/ui/page-head'
import { EventRow } from '../../activity/views'
import { StatusCard } from '../status-card'
import type { SecurityProps } from '../props'

export const AccessSection = ({ overview }: SecurityProps) => (
  <Section title="Sessions">
    <StatusCard
      status={
        <>
          <SessionState {...overview.access} />.
        </>
      }
    >
      <LinkButton href="/settings/sessions" text="Review sessions" kind="secondary" />
    </StatusCard>
  </Section>
)

export const RecentActivity = ({ overview }: SecurityProps) => (
  <Section
    title="Recent activity"
    aside={<LinkButton href="/settings/activity" text="Show all activity" kind="secondary" isSmall />}
  >
    <List>
      {overview.recentEvents.map((event) => (
        <EventRow event={event} showsDay />
      ))}
    </List>
  </Section>
)
