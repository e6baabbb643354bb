import { base64url as encoding } from 'oslo/encoding'

/** Unpadded base64url, the alphabet of cookies and URLs (RFC 4648, section 5). */
export const base64url = (bytes: Uint8Array) => encoding.encode(bytes, { includePadding: false })

/** SHA-256 of a text, in hex. */
export const sha256 = (text: string) => Bun.SHA256.hash(text, 'hex')
