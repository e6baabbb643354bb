import { quantity } from '@/lib/quantity'
import { LinkButton } from '@/ui/button'
import { Html } from '@/ui/html'
import type { SecurityProps } from './props'

const FEW_CODES = 3

type Notice = { text: string; tone: 'info' | 'warning' | 'danger'; href?: string; link?: string }

/** At most one, by urgency. */
export const SecurityNotice = (props: SecurityProps) => {
  const notice = findNotice(props)
  return notice === undefined ? (
    <></>
  ) : (
    <div class={`message ${notice.tone} stack`} role={notice.tone === 'danger' ? 'alert' : 'status'}>
      <p safe>{notice.text}</p>
      {notice.href === undefined || notice.link === undefined ? (
        <></>
      ) : (
        <div class="actions">
          <LinkButton href={notice.href} text={notice.link} kind="secondary" isSmall asksForPassword />
        </div>
      )}
    </div>
  )
}

function findNotice({ user, overview, isRequired, hasFlash, withNext }: SecurityProps): Notice | undefined {
  const { twoStep, codes } = overview
  const isOn = twoStep.enabledAt !== null
  const recoveryCodes = withNext('/settings/security/recovery-codes')
  if (!isOn && twoStep.setupAt !== null)
    return {
      text: 'Two-step verification isn’t on yet. Save your recovery codes to finish.',
      tone: 'warning',
      href: recoveryCodes,
      link: 'Save recovery codes',
    }
  if (!isOn && isRequired)
    return hasFlash
      ? undefined
      : { text: 'This site requires two-step verification. Set it up to continue.', tone: 'warning' }
  if (isOn && (codes?.left ?? 0) <= FEW_CODES) return fewCodes(codes?.left ?? 0, recoveryCodes)
  if (!isOn && user.role !== 'user')
    return { text: 'Turn on two-step verification to protect this administrator account.', tone: 'info' }
}

const fewCodes = (left: number, href: string): Notice => ({
  ...(left === 0
    ? { text: 'You have no recovery codes left.', tone: 'danger' }
    : { text: `You have only ${quantity(left, 'recovery code')} left.`, tone: 'warning' }),
  href,
  link: 'Create new codes',
})
