import { t } from 'elysia'

/** A missing field is empty, so that the form returns with an error message beside the field. */
export const textField = t.String({ default: '' })

/** The forms of a second factor send one of them. */
export const secondFactorFields = { code: t.Optional(t.String()), recovery_code: t.Optional(t.String()) }

type SecondFactorBody = { code?: string; recovery_code?: string }

export const secondFactorIn = ({ code, recovery_code }: SecondFactorBody) =>
  code === undefined && recovery_code !== undefined
    ? ({ field: 'recovery_code', proof: { recovery_code } } as const)
    : ({ field: 'code', proof: { code: code ?? '' } } as const)
