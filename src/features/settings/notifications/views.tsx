import { Card } from '@/ui/card'
import { Checkbox } from '@/ui/choices'
import { Form } from '@/ui/form'
import { Html, type View } from '@/ui/html'
import { LockBadge } from '@/ui/lock-badge'
import { PageHead, Sections } from '@/ui/page-head'

export { RecoveryHoldPage } from '@/ui/recovery-hold'

/** An attacker would turn these off first, so no user can (ASVS 5.0, 6.3.7). */
const alwaysSent = [
  'your password or email address changes',
  'an API token is created',
  'a passkey or an authenticator app is added or removed',
  'two-step verification is turned on or off',
  'recovery codes are created or used',
  'your remembered login may have been copied',
  'your account is locked or secured',
  'an administrator changes your account',
  'your data is downloaded',
  'your account is scheduled for deletion',
  'new-login emails are turned off',
]

type NotificationsProps = { isWanted: boolean; isFresh: boolean; isPasswordOnly: boolean }

export const NotificationsPage = ({ isWanted, ...freshness }: NotificationsProps): View => ({
  title: 'Notifications',
  body: (
    <>
      <PageHead title="Notifications">
        <LockBadge {...freshness} />
      </PageHead>
      <Sections>
        <Form action="/settings/notifications" submit="Save" isCard>
          <Checkbox label="Email me when someone logs in from a new browser" name="new_device" isChecked={isWanted} />
        </Form>
        <Card>
          <p>We always email you when:</p>
          <ul>
            {alwaysSent.map((text) => (
              <li safe>{text}</li>
            ))}
          </ul>
        </Card>
      </Sections>
    </>
  ),
})
