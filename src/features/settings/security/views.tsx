import { Html, type View } from '@/ui/html'
import { LockBadge } from '@/ui/lock-badge'
import { PageHead, Sections } from '@/ui/page-head'
import { SecurityNotice } from './notice'
import { AccessSection, RecentActivity } from './sections/access'
import type { SecurityProps } from './props'
import { PasswordSection } from './sections/password'
import { PasskeysSection } from './passkeys/section'
import { RecoveryCodesSection } from './sections/recovery-codes'
import { TwoStepSection } from './sections/two-step'

export { RecoveryHoldPage } from '@/ui/recovery-hold'

/** Each section is a component of its own, and states its status before its buttons. */
export const SecurityPage = (props: SecurityProps): View => ({
  title: 'Security',
  message: props.error === undefined ? undefined : ['error', props.error],
  body: (
    <>
      <PageHead title="Security">
        <LockBadge isFresh={props.isFresh} isPasswordOnly={props.isPasswordOnly} />
      </PageHead>
      <Sections>
        <SecurityNotice {...props} />
        <PasswordSection {...props} />
        <PasskeysSection {...props} />
        <TwoStepSection {...props} />
        <RecoveryCodesSection {...props} />
        <AccessSection {...props} />
        <RecentActivity {...props} />
      </Sections>
    </>
  ),
})
