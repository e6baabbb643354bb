import { promisify } from 'node:util'
import { brotliCompress, constants, gzip, zstdCompress } from 'node:zlib'

export type Bytes = Uint8Array<ArrayBuffer>

// The smallest first: what is taken where a browser likes several as well.
const CODINGS = ['br', 'zstd', 'gzip'] as const
type Coding = (typeof CODINGS)[number]

const { BROTLI_PARAM_QUALITY, BROTLI_PARAM_MODE, BROTLI_MODE_TEXT, ZSTD_c_compressionLevel } = constants
const HARDEST_BROTLI = { [BROTLI_PARAM_QUALITY]: 11, [BROTLI_PARAM_MODE]: BROTLI_MODE_TEXT }
const packWith: Record<Coding, (plain: Bytes) => Promise<Uint8Array>> = {
  br: (plain) => promisify(brotliCompress)(plain, { params: HARDEST_BROTLI }),
  zstd: (plain) => promisify(zstdCompress)(plain, { params: { [ZSTD_c_compressionLevel]: 19 } }),
  gzip: (plain) => promisify(gzip)(plain, { level: 9 }),
}

/**
 * Packs a text once for each coding, as hard as it goes, on another thread. That takes up to a tenth of a second: the first
 * who asks after a start waits for it, and not the start. Where it fails the next who asks tries anew.
 */
export function createPacking(plain: Bytes, pack = packWith) {
  const packed = new Map<Coding, Promise<Bytes>>()
  return (coding: Coding) => {
    const bytes = packed.get(coding) ?? pack[coding](plain).then((packed) => new Uint8Array(packed))
    packed.set(coding, bytes)
    bytes.catch(() => packed.delete(coding))
    return bytes
  }
}

/** What a browser likes best of what we have, by its Accept-Encoding (RFC 9110, section 12.5.3); undefined is plain. */
export function codingFor(accepted: string | null): Coding | undefined {
  const weights = weightsIn(accepted ?? '')
  const weightOf = (coding: Coding) => weights.get(coding) ?? weights.get('*') ?? 0
  const [best] = CODINGS.toSorted((a, b) => weightOf(b) - weightOf(a)) // of equals the first stays first
  if (!best || weightOf(best) === 0) return undefined
  return weightOf(best) >= (weights.get('identity') ?? 0) ? best : undefined
}

/** `gzip;q=0.5, br` as gzip 0.5 and br 1. What cannot be read is not liked. */
function weightsIn(accepted: string) {
  const read = (one: string) => {
    const [coding = '', weight = 'q=1'] = one.split(';').map((part) => part.trim())
    return [coding === 'x-gzip' ? 'gzip' : coding, Number(/^q=([01](?:\.\d{0,3})?)$/.exec(weight)?.[1] ?? 0)] as const
  }
  return new Map(accepted.toLowerCase().split(',').map(read))
}
