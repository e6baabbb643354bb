import { deviceKind, type DeviceKind } from '@/lib/user-agent'
import type { IconName } from './icon'

const icons: Record<DeviceKind, IconName> = { computer: 'computer', phone: 'phone', tablet: 'tablet', unknown: 'globe' }

export const deviceIcon = (userAgent: string) => icons[deviceKind(userAgent)]
