import { promisify } from 'node:util'
import { brotliCompress, constants, gzip } from 'node:zlib'

export type Bytes = Uint8Array<ArrayBuffer>

const CODINGS = ['br', 'gzip'] as const // brotli is the smaller one
type Coding = (typeof CODINGS)[number]

const { BROTLI_PARAM_QUALITY, BROTLI_PARAM_MODE, BROTLI_MODE_TEXT } = constants
const HARDEST_BROTLI = { [BROTLI_PARAM_QUALITY]: 11, [BROTLI_PARAM_MODE]: BROTLI_MODE_TEXT }
const packWith: Record<Coding, (plain: Bytes) => Promise<Uint8Array>> = {
  br: (plain) => promisify(brotliCompress)(plain, { params: HARDEST_BROTLI }),
  gzip: (plain) => promisify(gzip)(plain, { level: 9 }),
}

/** The compressed bytes of one text. */
export type Packing = (coding: Coding) => Promise<Bytes>

/**
 * Compresses a text once per encoding, on a worker thread. That takes up to 0.1 s, so the first request waits for it and the
 * start does not. A failure is not kept: the next request compresses again.
 */
export function createPacking(plain: Bytes, pack = packWith): Packing {
  const packed = new Map<Coding, Promise<Bytes>>()
  return (coding) => {
    const bytes = packed.get(coding) ?? pack[coding](plain).then((packed) => new Uint8Array(packed))
    packed.set(coding, bytes)
    bytes.catch(() => packed.delete(coding))
    return bytes
  }
}

/** The encoding for this Accept-Encoding header; undefined means uncompressed, which every client accepts. */
export function codingFor(accepted: string | null) {
  const codings = (accepted ?? '').toLowerCase().split(',').map(nameUnlessRefused)
  return CODINGS.find((coding) => codings.includes(coding))
}

/** RFC 9110, section 12.4.2: a weight of 0 means "not acceptable". All other weights count as accepted. */
function nameUnlessRefused(part: string) {
  const [name, weight = ''] = part.split(';').map((text) => text.trim())
  return /^q=0(\.0*)?$/.test(weight) ? undefined : name
}
