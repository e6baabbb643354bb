import type { Channel } from '@db/engine/engine'
import type { AuthEvent, EventKind } from './events'

/** Frequent, and no open page shows them. */
const UNPUBLISHED: EventKind[] = ['token-used', 'access-denied', 'reauth-required', 'mail-sent', 'mail-failed']

/** Other processes then look for news of the user, and for sessions that ended. */
export function publishEvent({ publish }: Pick<Channel, 'publish'>, event: AuthEvent) {
  if ('userId' in event && event.userId !== undefined && !UNPUBLISHED.includes(event.kind)) publish(event.userId)
}
