import type { AuthOptions } from './http/types'

/** How people log in here: the one place to change it. Everything has a default; docs/auth.md tells them all. */
export const auth: AuthOptions = {}
