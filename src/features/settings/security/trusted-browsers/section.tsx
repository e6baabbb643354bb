import { Html } from '@/ui/html'
import type { SecurityProps } from '../props'

/** Part of the section of two-step verification. */
export const TrustedBrowsers = (_: SecurityProps) => <></>
