import { Html } from './html'

export const Logo = () => (
  <svg class="logo" viewBox="0 0 32 32" width="28" height="28" aria-hidden="true" focusable="false">
    <rect width="32" height="32" rx="9" fill="currentColor" />
    <path class="keyhole" d="M16 8a5 5 0 0 1 2.6 9.27L20.2 24h-8.4l1.6-6.73A5 5 0 0 1 16 8z" />
  </svg>
)
