import { t } from 'elysia'

/** A text field of a form. One that did not come is empty, for the sentence beside it is the better answer. */
export const textField = t.String({ default: '' })
