import { Elysia } from 'elysia'
import type { Deps } from '@/deps/deps'
import { findAsset, favicon, type Asset } from '@/http/assets/manifest'
import { newSecurityHeaders, FILE_CSP } from '@/http/response/security-headers'
import { acceptedEncoding } from '@/http/assets/compress'
import { notFound } from '@/http/response/http-errors'

/** The only routes without a guard: public files. They read no cookie. */
export const assets = (config: Deps['config']) =>
  new Elysia()
    .get('/assets/:name', ({ request, params }) => serve(config, request, findAsset(params.name)))
    .get('/favicon.ico', ({ request }) => serve(config, request, favicon)) // browsers request it by this name even if no page links to it

async function serve(config: Deps['config'], request: Request, asset: Asset | undefined) {
  if (!asset) throw notFound()
  const headers = newSecurityHeaders(config)
  headers.set('content-security-policy', FILE_CSP)
  headers.set('content-type', asset.type)
  headers.set('cache-control', asset.lifetime)
  headers.set('vary', 'Accept-Encoding')
  const coding = asset.compressed && acceptedEncoding(request.headers.get('accept-encoding'))
  if (coding) headers.set('content-encoding', coding)
  return new Response(coding ? await asset.compressed?.(coding) : asset.plain, { headers })
}
