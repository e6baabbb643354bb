export type Branding = {
  /** `APP_NAME` overrides it. */
  name: string
  tagline: string
  /** For search engines. */
  description: string
  footer: string
  /** Letters, digits and underscores. A change invalidates all existing API tokens. */
  tokenPrefix: string
}

export const branding: Branding = {
  name: 'Latchkey',
  tagline: 'Accounts for your team.',
  description: 'Sign up, log in and manage your account.',
  footer: 'Accounts, sessions and API tokens in one place.',
  tokenPrefix: 'lk_',
}
