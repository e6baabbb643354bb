import { Html } from './html'
import type { Tone } from './icon'

/** For exceptions only: the usual state of a row has no badge. */
export const Badge = ({ text, tone = 'neutral' }: { text: string; tone?: Tone }) => (
  <span class={tone === 'neutral' ? 'badge' : `badge ${tone}`} safe>
    {text}
  </span>
)
