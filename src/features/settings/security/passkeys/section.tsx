import { Html } from '@/ui/html'
import type { SecurityProps } from '../props'

export const PasskeysSection = (_: SecurityProps) => <></>
