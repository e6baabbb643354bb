import { seconds } from '@/lib/duration'
import type { Log } from '@/lib/log'

const TIMEOUT = seconds(10)
const MAX_REDIRECTS = 5

export type Http = (url: string | URL, init?: Omit<RequestInit, 'redirect'>) => Promise<Response>

type Options = { now(): number; log: Log; timeout?: number }

/**
 * The timeout includes reading the body. GET and HEAD follow redirects within the origin and throw at one to another
 * origin, which could be an internal server. Other methods return the redirect. The log contains no path, no query and no
 * error text: they may contain secrets.
 */
export function createHttp({ now, log, timeout = TIMEOUT }: Options): Http {
  return async (url, init = {}) => {
    const target = new URL(url)
    const startedAt = now()
    const fields = (outcome: object) => ({ host: target.host, ...outcome, ms: now() - startedAt })
    try {
      const response = await fetchWithin(target, { ...init, signal: signalFor(timeout, init.signal) })
      log.info(fields({ status: response.status }), 'outgoing request')
      return response
    } catch (error) {
      log.warn(fields({ cause: causeOf(error) }), 'outgoing request failed')
      throw error
    }
  }
}

const signalFor = (timeout: number, signal?: AbortSignal | null) =>
  AbortSignal.any([AbortSignal.timeout(timeout), ...(signal ? [signal] : [])])

async function fetchWithin(first: URL, init: RequestInit) {
  if (!/^https?:$/.test(first.protocol)) throw new TypeError('outgoing request failed: not an http or https URL') // Bun also fetches file: and s3:
  const followsRedirects = /^(GET|HEAD)$/i.test(init.method ?? 'GET')
  let url = first
  for (let redirects = 0; redirects <= MAX_REDIRECTS; redirects++) {
    const response = await fetch(url, { ...init, redirect: 'manual' })
    const next = followsRedirects && redirectOf(response, url)
    if (!next) return response
    await response.body?.cancel()
    if (next.origin !== first.origin) throw new RedirectError(`redirect to ${next.host}`)
    url = next
  }
  throw new RedirectError('too many redirects')
}

class RedirectError extends Error {
  override name = 'RedirectError'
}

function redirectOf({ status, headers }: Response, base: URL) {
  const location = headers.get('location')
  return [301, 302, 303, 307, 308].includes(status) && location !== null ? new URL(location, base) : undefined
}

function causeOf(error: unknown) {
  if (!(error instanceof Error)) return typeof error
  return 'code' in error && typeof error.code === 'string' ? error.code : error.name
}
