import { knownBrowserName } from '@/lib/user-agent'
import type { Client } from '@/model/types'
import type { MailDetails } from './mail-data'

/** Where a reported action came from. A mail has no row for an unknown IP address. */
export const clientDetails = ({ userAgent, ip = '' }: Partial<Pick<Client, 'userAgent' | 'ip'>>): MailDetails => ({
  ...(userAgent === undefined ? {} : { browser: knownBrowserName(userAgent) }),
  ...(ip === '' ? {} : { ip }),
})
