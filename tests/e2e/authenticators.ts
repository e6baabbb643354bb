import type { Page } from 'playwright-core'

type Authenticator = {
  protocol?: 'ctap2' | 'u2f'
  transport?: 'internal' | 'usb'
  hasResidentKey?: boolean
  hasUserVerification?: boolean
  isUserVerified?: boolean
  /** False: every request waits, as for a user who does nothing. */
  automaticPresenceSimulation?: boolean
}

type Credential = { credentialId: string; isResidentCredential: boolean; userName?: string; userDisplayName?: string }

/** Authenticators of Chromium for one page, in place of fingerprint sensors and security keys. */
export async function openAuthenticators(page: Page) {
  const cdp = await page.context().newCDPSession(page)
  await cdp.send('WebAuthn.enable')
  return {
    /** The next change that a site causes in an authenticator. */
    next: (event: 'credentialDeleted' | 'credentialUpdated') =>
      new Promise((resolve) => void cdp.once(`WebAuthn.${event}`, resolve)),
    async add(own: Authenticator = {}) {
      const { authenticatorId } = await cdp.send('WebAuthn.addVirtualAuthenticator', {
        options: {
          protocol: 'ctap2',
          transport: 'internal',
          hasResidentKey: true,
          hasUserVerification: true,
          isUserVerified: true,
          automaticPresenceSimulation: true,
          ...own,
        },
      })
      return {
        credentials: async (): Promise<Credential[]> =>
          (await cdp.send('WebAuthn.getCredentials', { authenticatorId })).credentials,
        remove: () => cdp.send('WebAuthn.removeVirtualAuthenticator', { authenticatorId }),
        setVerified: (isUserVerified: boolean) =>
          cdp.send('WebAuthn.setUserVerified', { authenticatorId, isUserVerified }),
        /** Whether the user answers each request at once. */
        setPresent: (enabled: boolean) =>
          cdp.send('WebAuthn.setAutomaticPresenceSimulation', { authenticatorId, enabled }),
      }
    },
  }
}
