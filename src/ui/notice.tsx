import { quantity } from '@/lib/quantity'
import { LinkButton } from './button'
import { Html } from './html'

export type NoticeProps = {
  text: string
  tone: 'info' | 'warning' | 'danger'
  /** The step to take. The page asks for a fresh login. */
  action?: { href: string; text: string }
}

/** A fact that the user should know, or a step to take. It stays until it is no longer true. */
export const Notice = ({ text, tone, action }: NoticeProps) => (
  <div class={`message ${tone} stack`} role={tone === 'danger' ? 'alert' : 'status'}>
    <p safe>{text}</p>
    {action === undefined ? (
      <></>
    ) : (
      <div class="actions">
        <LinkButton href={action.href} text={action.text} kind="secondary" isSmall asksForPassword />
      </div>
    )}
  </div>
)

const FEW_CODES = 3

/** Undefined while enough codes are left. */
export function fewCodesNotice(left: number, href: string): NoticeProps | undefined {
  if (left > FEW_CODES) return undefined
  const action = { href, text: 'Create new codes' }
  return left === 0
    ? { text: 'You have no recovery codes left.', tone: 'danger', action }
    : { text: `You have only ${quantity(left, 'recovery code')} left.`, tone: 'warning', action }
}
