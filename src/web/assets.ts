import { readFileSync } from 'node:fs'
import picoCss from '@picocss/pico/css/pico.classless.min.css' with { type: 'file' }
import { Elysia } from 'elysia'
import htmxJs from 'htmx.org/dist/htmx.min.js' with { type: 'file' }
import appCss from '../../public/app.css' with { type: 'file' }
import appJs from '../../public/app.js' with { type: 'file' }
import favicon from '../../public/favicon.ico' with { type: 'file' }
import icon from '../../public/icon.svg' with { type: 'file' }
import touchIcon from '../../public/touch-icon.png' with { type: 'file' }
import { notFound } from './refusals'
import { baseline } from './headers'

type Asset = { name: string; plain: Response; zipped: Response | undefined }

const css = asset('app.css', 'text/css; charset=utf-8', [picoCss, appCss])
const js = asset('app.js', 'text/javascript; charset=utf-8', [htmxJs, appJs])
const svg = asset('icon.svg', 'image/svg+xml', [icon])
const png = asset('touch-icon.png', 'image/png', [touchIcon])
const ico = asset('favicon.ico', 'image/x-icon', [favicon])

const served = new Map([css, js, svg, png].map((one) => [one.name, one]))

/** Where a page finds its files. The names change with the content, so that browsers may keep them for ever. */
export const files = {
  css: `/assets/${css.name}`,
  js: `/assets/${js.name}`,
  icon: `/assets/${svg.name}`,
  touchIcon: `/assets/${png.name}`,
}

/** The only addresses without a guard: files that anyone may read, and that need no look at a cookie. */
export const assets = new Elysia()
  .get('/assets/:name', ({ request, params }) => serve(request, served.get(params.name)))
  .get('/favicon.ico', ({ request }) => serve(request, ico)) // asked for by name, whatever a page says

function serve({ headers }: Request, asset: Asset | undefined) {
  if (!asset) throw notFound()
  const { plain, zipped } = asset
  return (zipped && /\bgzip\b/.test(headers.get('accept-encoding') ?? '') ? zipped : plain).clone()
}

/** Reads, names and packs a file once, at the start; several become one, for each costs the browser a request. */
function asset(name: string, type: string, paths: string[]): Asset {
  const bytes = Buffer.concat(paths.flatMap((path) => [readFileSync(path), Buffer.from('\n')]).slice(0, -1))
  const hash = Bun.SHA256.hash(bytes, 'hex').slice(0, 16)
  const headers = {
    ...baseline,
    'content-type': type,
    'cache-control': name === 'favicon.ico' ? 'public, max-age=86400' : 'public, max-age=31536000, immutable',
    vary: 'Accept-Encoding',
  }
  return {
    name: name.replace('.', `.${hash}.`),
    plain: new Response(bytes, { headers }),
    zipped: /^(text|image\/svg)/.test(type)
      ? new Response(Bun.gzipSync(bytes, { level: 9 }), { headers: { ...headers, 'content-encoding': 'gzip' } })
      : undefined,
  }
}
