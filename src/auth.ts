import type { AuthOptions } from './http/types/auth-options'

/** The login options of this app. docs/reference/options.md lists them with their defaults. */
export const auth: AuthOptions = {}
