import { t } from 'elysia'

/** A missing field is empty, so that the form returns with an error message beside the field. */
export const textField = t.String({ default: '' })
