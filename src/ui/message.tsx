import { Html } from './html'
import type { Tone } from './icon'

type MessageProps = { text: string; tone?: Exclude<Tone, 'neutral'> }

/** A note that stands on the page. The result of an action is a flash message instead. */
export const Message = ({ text, tone = 'info' }: MessageProps) => (
  <p class={`message ${tone}`} safe>
    {text}
  </p>
)
