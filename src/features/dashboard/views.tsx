import type { Config } from '@/config/env'
import { formatDuration } from '@/lib/duration'
import { readableEmail } from '@/lib/email-domain'
import type { Session, User } from '@/model/types'
import { PageHead } from '@/ui/page-head'
import { Html, type View } from '@/ui/html'
import { LocalTime } from '@/ui/local-time'

type DashboardProps = { user: User; session: Session; limits: Config['session'] }

export const DashboardPage = ({ user, session, limits }: DashboardProps): View => ({
  title: 'Dashboard',
  body: (
    <>
      <PageHead title={`Welcome back, ${user.name}`} />
      <div class="columns">
        <section class="card">
          <h2>Your account</h2>
          <dl>
            <dt>Name</dt>
            <dd safe>{user.name}</dd>
            <dt>Email</dt>
            <dd safe>{readableEmail(user.email)}</dd>
            <dt>Member since</dt>
            <dd>
              <LocalTime at={user.created_at} />
            </dd>
            <dt>Password set</dt>
            <dd>
              <LocalTime at={user.password_changed_at} />
            </dd>
          </dl>
        </section>
        <section class="card">
          <h2>This session</h2>
          <dl>
            <dt>Started</dt>
            <dd>
              <LocalTime at={session.created_at} />
            </dd>
            <dt>Logged in with</dt>
            <dd>{session.started_by === 'remember' ? 'Remember me' : 'password'}</dd>
            <dt>Idle limit</dt>
            <dd safe>{`${formatDuration(limits.idle)} of inactivity`}</dd>
            <dt>Expires at the latest</dt>
            <dd>
              <LocalTime at={session.authenticated_at + limits.max} />
            </dd>
            <dt>Device remembered</dt>
            <dd>{session.series_id === null ? 'no' : 'yes'}</dd>
          </dl>
        </section>
      </div>
    </>
  ),
})
