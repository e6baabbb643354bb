import { promisify } from 'node:util'
import { brotliCompress, constants, gzip } from 'node:zlib'

export type Bytes = Uint8Array<ArrayBuffer>

const ENCODINGS = ['br', 'gzip'] as const // preferred first: brotli is smaller
type Encoding = (typeof ENCODINGS)[number]

const { BROTLI_PARAM_QUALITY, BROTLI_PARAM_MODE, BROTLI_MODE_TEXT } = constants
const BROTLI_OPTIONS = { [BROTLI_PARAM_QUALITY]: 11, [BROTLI_PARAM_MODE]: BROTLI_MODE_TEXT }
const compressors: Record<Encoding, (plain: Bytes) => Promise<Uint8Array>> = {
  br: (plain) => promisify(brotliCompress)(plain, { params: BROTLI_OPTIONS }),
  gzip: (plain) => promisify(gzip)(plain, { level: 9 }),
}

export type Packing = (coding: Encoding) => Promise<Bytes>

/**
 * Compresses a text once per encoding, on a worker thread. That takes up to 0.1 s, so the first request waits for it and the
 * start does not. A failure is not cached: the next request compresses again.
 */
export function createCompressionCache(plain: Bytes, pack = compressors): Packing {
  const compressed = new Map<Encoding, Promise<Bytes>>()
  return (coding) => {
    const bytes = compressed.get(coding) ?? pack[coding](plain).then((compressed) => new Uint8Array(compressed))
    compressed.set(coding, bytes)
    bytes.catch(() => compressed.delete(coding))
    return bytes
  }
}

/** The encoding for this Accept-Encoding header; undefined means uncompressed, which every client accepts. */
export function acceptedEncoding(accepted: string | null, offered: readonly Encoding[] = ENCODINGS) {
  const codings = (accepted ?? '').toLowerCase().split(',').map(nameUnlessRefused)
  return offered.find((coding) => codings.includes(coding))
}

/** RFC 9110, section 12.4.2: a weight of 0 means "not acceptable". All other weights count as accepted. */
function nameUnlessRefused(part: string) {
  const [name, weight = ''] = part.split(';').map((text) => text.trim())
  return /^q=0(\.0*)?$/.test(weight) ? undefined : name
}
