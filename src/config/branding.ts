export type Branding = {
  /** `APP_NAME` overrides it. */
  name: string
  tagline: string
  /** For search engines. */
  description: string
  footer: string
  /** The SVG of the logo, with `currentColor` for the accent color. `public/icon.svg` is the same for the browser tab. */
  mark: string
  /** Letters, digits and underscores. A change invalidates all existing API tokens. */
  tokenPrefix: string
}

export const branding: Branding = {
  name: 'Latchkey',
  tagline: 'Accounts for your team.',
  description: 'Sign up, log in and manage your account.',
  footer: 'Accounts, sessions and API tokens in one place.',
  mark: `<svg viewBox="0 0 32 32" width="100%" height="100%" focusable="false"><rect width="32" height="32" rx="9" fill="currentColor"/><path fill="var(--on-accent)" d="M16 8a5 5 0 0 1 2.6 9.27L20.2 24h-8.4l1.6-6.73A5 5 0 0 1 16 8z"/></svg>`,
  tokenPrefix: 'lk_',
}
