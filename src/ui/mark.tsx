import type { Branding } from '@/config/branding'
import { Html, unescaped } from './html'

/** The logo without the name. */
export const Mark = ({ branding: { mark } }: { branding: Branding }) => (
  <span class="mark" aria-hidden="true">
    {unescaped(mark)}
  </span>
)
