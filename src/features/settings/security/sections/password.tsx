import { LinkButton } from '@/ui/button'
import { Html } from '@/ui/html'
import { LocalTime } from '@/ui/local-time'
import { Section } from '@/ui/page-head'
import { StatusCard } from '../status-card'
import type { SecurityProps } from '../props'

export const PasswordSection = ({ user, factors }: SecurityProps) => (
  <Section title="Password">
    {factors.hasPassword ? (
      <StatusCard
        status={
          <>
            Last changed <LocalTime at={user.password_changed_at} show="relative-day" />.
          </>
        }
      >
        <LinkButton href="/settings/password" text="Change password" kind="secondary" asksForPassword />
        {factors.passkeys > 0 ? (
          <LinkButton
            href="/settings/security/password/remove"
            text="Remove password"
            kind="secondary-danger"
            asksForPassword
          />
        ) : (
          <></>
        )}
      </StatusCard>
    ) : (
      <StatusCard status={<>You have no password. You log in with a passkey.</>}>
        <LinkButton href="/settings/password" text="Set a password" kind="secondary" asksForPassword />
      </StatusCard>
    )}
  </Section>
)
