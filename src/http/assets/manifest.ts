import { readFileSync } from 'node:fs'
import picoCss from '@picocss/pico/css/pico.classless.min.css' with { type: 'file' }
import htmxJs from 'htmx.org/dist/htmx.min.js' with { type: 'file' }
import appJs from '../../../public/app.js' with { type: 'file' }
import fieldsJs from '../../../public/fields.js' with { type: 'file' }
import timesJs from '../../../public/times.js' with { type: 'file' }
import passkeysJs from '../../../public/passkeys.js' with { type: 'file' }
import pageDialogJs from '../../../public/page-dialog.js' with { type: 'file' }
import reloginJs from '../../../public/relogin.js' with { type: 'file' }
import privacyScreenJs from '../../../public/privacy-screen.js' with { type: 'file' }
import sessionEventsJs from '../../../public/session-events.js' with { type: 'file' }
import sessionTimeoutJs from '../../../public/session-timeout.js' with { type: 'file' }
import faviconIco from '../../../public/favicon.ico' with { type: 'file' }
import icon from '../../../public/icon.svg' with { type: 'file' }
import touchIcon from '../../../public/touch-icon.png' with { type: 'file' }
import themeCss from '../../../public/styles/theme.css' with { type: 'file' }
import shellCss from '../../../public/styles/shell.css' with { type: 'file' }
import typographyCss from '../../../public/styles/typography.css' with { type: 'file' }
import formsCss from '../../../public/styles/forms.css' with { type: 'file' }
import cardsCss from '../../../public/styles/cards.css' with { type: 'file' }
import listsCss from '../../../public/styles/lists.css' with { type: 'file' }
import sessionCss from '../../../public/styles/session.css' with { type: 'file' }
import { createCompressionCache, type Bytes, type Packing } from './compress'
import { layerOfPico, minifyCss } from './stylesheet'

export type Asset = {
  name: string
  type: string
  lifetime: string
  plain: Bytes
  /** For texts only, because images are compressed already. */
  compressed?: Packing
}

const IMMUTABLE = 'public, max-age=31536000, immutable'
const ONE_DAY = 'public, max-age=86400'

const minifier = new Bun.Transpiler({ loader: 'js', target: 'browser', minifyWhitespace: true })

const css = loadAsset('app.css', 'text/css; charset=utf-8', [
  picoCss,
  themeCss,
  shellCss,
  typographyCss,
  cardsCss,
  formsCss,
  listsCss,
  sessionCss,
])
const js = loadAsset('app.js', 'text/javascript; charset=utf-8', [htmxJs, appJs, fieldsJs, timesJs])
// Only pages with a session load it, so the first page of a visitor stays small.
const sessionJs = loadAsset('session.js', 'text/javascript; charset=utf-8', [
  pageDialogJs,
  reloginJs,
  privacyScreenJs,
  sessionEventsJs,
  sessionTimeoutJs,
])
// `app.js` imports it where a form needs it.
const passkeys = loadAsset('passkeys.js', 'text/javascript; charset=utf-8', [passkeysJs])
const svg = loadAsset('icon.svg', 'image/svg+xml; charset=utf-8', [icon])
const png = loadAsset('touch-icon.png', 'image/png', [touchIcon])
export const favicon = { ...loadAsset('favicon.ico', 'image/x-icon', [faviconIco]), lifetime: ONE_DAY }

const assets = [css, js, sessionJs, passkeys, svg, png]

/**
 * While two versions run, a page of one asks the other for a file with a hash that it does not have. It gets the file of
 * the same name, and asks again the next time.
 */
export function findAsset(name: string): Asset | undefined {
  const same = assets.find((asset) => asset.name === name)
  if (same) return same
  const other = HASHED.test(name) ? assets.find((asset) => plainName(asset.name) === plainName(name)) : undefined
  return other && { ...other, lifetime: 'no-store' }
}

const HASHED = /^[a-z-]+\.[0-9a-f]{8,64}\.[a-z]+$/
const plainName = (name: string) => name.replace(/\.[0-9a-f]+\./, '.')

/** The URLs contain a content hash, so that browsers can cache the files forever. */
export const assetUrls = {
  css: `/assets/${css.name}`,
  js: `/assets/${js.name}`,
  sessionJs: `/assets/${sessionJs.name}`,
  passkeysJs: `/assets/${passkeys.name}`,
  icon: `/assets/${svg.name}`,
  touchIcon: `/assets/${png.name}`,
}

/** Reads each file once, at the start. Several files become one, because each costs a request. */
function loadAsset(name: string, type: string, paths: string[]): Asset {
  const plain = new Uint8Array(
    Buffer.concat(paths.flatMap((path) => [readMinified(path, paths), Buffer.from('\n')]).slice(0, -1)),
  )
  const hash = Bun.SHA256.hash(plain, 'hex').slice(0, 16)
  const isText = /^(text|image\/svg)/.test(type)
  const compressed = isText ? createCompressionCache(plain) : undefined
  return { name: name.replace('.', `.${hash}.`), type, lifetime: IMMUTABLE, plain, compressed }
}

/** Comments and indentation are a third of our scripts. Files named `.min` are minified already. */
function readMinified(path: string, paths: string[]) {
  const bytes = readFileSync(path)
  if (path === picoCss) {
    const own = paths.filter((one) => one !== picoCss).map((one) => readFileSync(one, 'utf8'))
    return Buffer.from(layerOfPico(`${bytes}`, own.join('')))
  }
  if (path.endsWith('.css')) return Buffer.from(minifyCss(`${bytes}`))
  return path.endsWith('.js') && !/\.min\b/.test(path) ? Buffer.from(minifier.transformSync(bytes)) : bytes
}
