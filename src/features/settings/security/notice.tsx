import { Html } from '@/ui/html'
import { fewCodesNotice, Notice, type NoticeProps } from '@/ui/notice'
import type { SecurityProps } from './props'

/** At most one, by urgency. */
export const SecurityNotice = (props: SecurityProps) => {
  const notice = findNotice(props)
  return notice === undefined ? <></> : <Notice {...notice} />
}

function findNotice({ user, overview, isRemovalWaiting, ...props }: SecurityProps): NoticeProps | undefined {
  if (isRemovalWaiting) return undefined // the alert is enough
  const { isRequired, hasFlash, withNext } = props
  const { twoStep, codes } = overview
  const recoveryCodes = withNext('/settings/security/recovery-codes')
  if (twoStep.enabledAt !== null) return fewCodesNotice(codes?.left ?? 0, recoveryCodes)
  if (twoStep.setupAt !== null)
    return {
      text: 'Two-step verification isn’t on yet. Save your recovery codes to finish.',
      tone: 'warning',
      action: { href: recoveryCodes, text: 'Save recovery codes' },
    }
  if (isRequired)
    return hasFlash
      ? undefined
      : { text: 'This site requires two-step verification. Set it up to continue.', tone: 'warning' }
  if (user.role !== 'user')
    return { text: 'Turn on two-step verification to protect this administrator account.', tone: 'info' }
}
