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

/** Buttons whose label leaves them, or that leave their box. */
const CLIPPED_BUTTONS = `[...document.querySelectorAll('main :is(button, .button), dialog[open] :is(button, .button)')]
  .filter((one) => one.checkVisibility() && !one.closest('.visually-hidden'))
  .filter((one) => one.scrollWidth > one.clientWidth + 1 || one.offsetWidth > one.parentElement.clientWidth + 1)
  .map((one) => 'a button does not fit: ' + one.textContent)`

/** The findings of axe, buttons that do not fit, and the places where the page is wider than the screen. */
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
    found.push(...(await page.evaluate<string[]>(CLIPPED_BUTTONS)))
    problems.push(...found.map((one) => [colorScheme, width, textSize, one]))
  }
  return problems
}
