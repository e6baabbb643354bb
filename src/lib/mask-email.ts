/** `a…@example.com`, for pages and logs that are about mails and not about their recipients. */
export const maskEmail = (email: string) => email.replace(/^(.)[^@]*/u, '$1…')

/** A mail server repeats addresses in its answers. */
export const maskEmails = (text: string) => text.replace(/("[^"]*"|[^\s<>"(),:;@]+)@[^\s<>"'(),:;@]+/g, maskEmail)
