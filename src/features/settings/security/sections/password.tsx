import { LinkButton } from '@/ui/button'
import { Html } from '@/ui/html'
import { LocalTime } from '@/ui/local-time'
import { Section } from '@/ui/page-head'
import { StatusCard } from '../status-card'
import type { SecurityProps } from '../props'

export const PasswordSection = ({ user }: SecurityProps) => (
  <Section title="Password">
    <StatusCard
      status={
        <>
          Last changed <LocalTime at={user.password_changed_at} show="relative-day" />.
        </>
      }
    >
      <LinkButton href="/settings/password" text="Change password" kind="secondary" asksForPassword />
    </StatusCard>
  </Section>
)
