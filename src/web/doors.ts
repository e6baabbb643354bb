import type { Deps } from '@/deps'
import type { AuthEvent } from '@/events'

/** Tells what happened at a closed door. An OPTIONS asked only how to come in, and was told. */
export function tellAtDoor({ tell }: Deps, { method }: Request, event: AuthEvent<'refused' | 'stale'>) {
  if (method !== 'OPTIONS') tell(event)
}
