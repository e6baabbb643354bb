import { acceptedEncoding } from '@/http/assets/compress'
import { isSafeMethod } from '@/http/request/route-table'

const MIN_LENGTH = 1024 // below that, the headers of the response are the larger part

/**
 * The compressed page, or undefined to send it as it is. Not for POST: the response to a form may contain a new API token beside
 * typed text, and the length of such a response would reveal matches (BREACH). Level 1 takes 27 µs for a page of 6 KiB.
 */
export function compressPage(request: Request, html: string) {
  if (!isSafeMethod(request) || html.length < MIN_LENGTH) return undefined
  return acceptedEncoding(request.headers.get('accept-encoding'), ['gzip'])
    ? Bun.gzipSync(Buffer.from(html), { level: 1 })
    : undefined
}
