import { Html } from './html'
import type { Tone } from './icon'

type BadgeProps = {
  text: string
  tone?: Tone
  /** The text is code, for example a request method. */
  isCode?: boolean
}

/** For exceptions only: the usual state of a row has no badge. */
export const Badge = ({ text, tone = 'neutral', isCode }: BadgeProps) => (
  <span class={['badge', isCode ? 'code' : '', tone === 'neutral' ? '' : tone].filter(Boolean).join(' ')} safe>
    {text}
  </span>
)
