import type { Page } from 'playwright-core'
import { axeViolations } from './axe'

// A width of 640 px is 1280 px at a zoom of 200 %.
const looks = [
  { colorScheme: 'light', width: 320, textSize: '', isForAxe: true },
  { colorScheme: 'light', width: 360, textSize: '200%' },
  { colorScheme: 'light', width: 640, textSize: '' },
  { colorScheme: 'dark', width: 1280, textSize: '200%' },
  { colorScheme: 'dark', width: 1280, textSize: '', isForAxe: true },
] as const

export const resize = (page: Page, width: number) => page.setViewportSize({ width, height: 800 })

/** What axe finds, and where the page is wider than the screen. */
export async function problemsOf(page: Page) {
  const problems: unknown[] = []
  for (const { colorScheme, width, textSize, ...look } of looks) {
    await page.emulateMedia({ colorScheme })
    await resize(page, width)
    const excess = Number(
      await page.evaluate(
        `document.documentElement.style.fontSize = '${textSize}', document.documentElement.scrollWidth - innerWidth`,
      ),
    )
    const found: unknown[] = 'isForAxe' in look ? await axeViolations(page) : []
    if (excess > 0) found.push(`wider than the screen by ${excess} px`)
    problems.push(...found.map((one) => [colorScheme, width, textSize, one]))
  }
  return problems
}
