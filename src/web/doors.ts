import type { Deps } from '@/deps/deps'
import type { AuthEvent } from '@/deps/events'

/** Tells what happened at a closed door. An OPTIONS asked only how to come in, and was told. */
export function tellAtDoor({ tell }: Deps, { method }: Request, event: AuthEvent<'refused' | 'stale'>) {
  if (method !== 'OPTIONS') tell(event)
}
