import type { StepUpMethod } from '@/model/factors/step-up'
import type { AuthFailure, SessionLookup } from '@/model/types'
import type { PasskeyRequest } from '@/ui/passkey-form'
import type { CodeError, PasskeyFailure } from '@/ui/second-factor-text'

export type ReloginProps = {
  sessionLookup: SessionLookup
  /** The proofs that the session lacks. Each is enough, or begins the second step. */
  methods: readonly StepUpMethod[]
  next?: string
  loginUrl: string
  switchUserUrl: string
  failure?: AuthFailure
  codeError?: CodeError
  /** Undefined without a passkey that is enough. */
  passkey?: PasskeyRequest
  passkeyFailure?: PasskeyFailure
  /** Why the user starts again. */
  message?: string
  /** Whether mail is on, so that a reset unlocks the account. */
  canReset: boolean
  isExplained?: boolean
}

export type MethodProps = ReloginProps & { isInDialog?: boolean }

export const isPasswordOnly = (methods: ReloginProps['methods']) => methods.every((method) => method === 'password')
