import type { LinkPurpose } from '@db/schema'
import { days, minutes } from '@/lib/duration'
import type { Site } from './site'

type LinkCase = {
  path: string
  lifetime: number
  /** What the form of the page sends. */
  fields: Record<string, string>
  /** Where the one successful use leads. */
  to: string
  /** How often a token was used, by its effect. */
  countEffects(site: Pick<Site, 'events'>): number
  /** A use leads to another token, in the same cookie. */
  leadsToToken?: boolean
  /** Each mail reports another event, so a user may have any number of tokens. */
  isUnlimited?: boolean
}

export const NEW_PASSWORD = 'five boxing wizards'

/** Every test of one-time links runs for each of these purposes. */
export const linkCases: { [P in LinkPurpose]?: LinkCase } = {
  'reset-password': {
    path: '/reset-password',
    lifetime: minutes(30),
    fields: { new_password: NEW_PASSWORD },
    to: '/login',
    countEffects: ({ events }) =>
      events.filter((event) => event.kind === 'password-changed' && event.how === 'reset').length,
  },
  'secure-account': {
    path: '/secure-account',
    lifetime: days(7),
    fields: {},
    to: '/reset-password',
    countEffects: ({ events }) => events.filter(({ kind }) => kind === 'account-secured').length,
    leadsToToken: true,
    isUnlimited: true,
  },
}

export const purposes = Object.entries(linkCases).map(([purpose, link]) => ({
  purpose: purpose as LinkPurpose,
  ...link,
}))
