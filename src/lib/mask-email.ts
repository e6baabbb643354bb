/** `a…@example.com`, for pages and logs that are about mails and not about their recipients. */
export const maskEmail = (email: string) => email.replace(/^(.)[^@]*/u, '$1…')

/** A mail server repeats addresses in its answers. */
export const maskEmails = (text: string) => text.replace(/("[^"]*"|[^\s<>"(),:;@]+)@[^\s<>"'(),:;@]+/g, maskEmail)

/** `a•••@example.com`, for the owner of the address: enough to recognize it, and of no use to anyone else. */
export const maskIdentity = (email: string) => email.replace(/^(.)[^@]*/u, '$1•••')
