import { base64url as encoding } from 'oslo/encoding'

/** Without padding, so that cookies and URLs need no escapes (RFC 4648, section 5). */
export const base64url = (bytes: Uint8Array) => encoding.encode(bytes, { includePadding: false })

export const sha256 = (text: string) => Bun.SHA256.hash(text, 'hex')
