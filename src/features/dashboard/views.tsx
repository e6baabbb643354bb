import { readableEmail } from '@/lib/email-domain'
import type { AccessSummary } from '@/model/accounts/access-summary'
import type { User } from '@/model/types'
import { Badge } from '@/ui/badge'
import { EmptyState } from '@/ui/card'
import { ConfirmEmail } from '@/ui/confirm-email'
import { Html, type View } from '@/ui/html'
import { PageHead, Section, Sections } from '@/ui/page-head'
import { CheckUp } from './check-up'

type DashboardProps = { user: User; access: AccessSummary; isProduction: boolean; shouldConfirmEmail: boolean }

export const DashboardPage = ({ user, access, isProduction, shouldConfirmEmail }: DashboardProps): View => ({
  title: 'Overview',
  body: (
    <>
      <PageHead title={`Welcome back, ${user.name}`} lead={<bdi safe>{readableEmail(user.email)}</bdi>} />
      <Sections>
        {shouldConfirmEmail ? <ConfirmEmail /> : ''}
        <Section title="Security check-up">
          <CheckUp user={user} access={access} />
        </Section>
        {isProduction ? '' : <YourApplication />}
      </Sections>
    </>
  ),
})

const YourApplication = () => (
  <Section title="Your application" aside={<Badge text="Development only" tone="info" />}>
    <EmptyState
      title="Nothing here yet"
      text={
        <>
          Show your own content on this page: edit <code>src/features/dashboard/views.tsx</code>.
        </>
      }
    />
  </Section>
)
