import { decodeQR } from 'qr/decode.js'
import { totpCodeAt } from '@/lib/totp'
import { ann } from './people'
import { readNewCodes, readSetup, SECURITY } from './read-two-step'
import type { Site } from './site'

export { readNewCodes, readSetup, SECURITY }

/** A browser that has begun the set-up of an app. */
export async function startSetup(site: Pick<Site, 'as' | 'deps'>, person: { email: string } = ann) {
  const browser = await site.as(person)
  await browser.post(`${SECURITY}/app/new`)
  const setup = await readSetup(browser)
  return { browser, ...setup, code: (ms = 0) => totpCodeAt(setup.secret, site.deps.now() + ms) }
}

/** Draws the path of a QR code and reads it, as a camera would. */
export function readQrCode(html: string) {
  const size = Number(/viewBox="0 0 (\d+) \d+" shape-rendering/.exec(html)?.[1])
  const path = /shape-rendering="crispEdges"><path d="([^"]*)"/.exec(html)?.[1] ?? ''
  const scale = 4
  const width = size * scale
  const data = new Uint8Array(width * width * 3).fill(255)
  const darken = (x: number, y: number) => data.fill(0, (y * width + x) * 3, (y * width + x) * 3 + 3)
  for (const [, x, y, run] of path.matchAll(/M(\d+) (\d+)h(\d+)v1h-\d+z/g))
    for (let row = 0; row < scale; row++)
      for (let column = 0; column < Number(run) * scale; column++)
        darken(Number(x) * scale + column, Number(y) * scale + row)
  return decodeQR({ width, height: width, data })
}
