import type axe from 'axe-core'
import type { Page } from 'playwright-core'

const RULES = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice']

/** All that a theme changes. */
const COLOR_RULES = ['color-contrast', 'link-in-text-block']

/** Half as long as `axe.source`, and the transfer to the browser takes longer than a run. */
const source = await Bun.file(Bun.resolveSync('axe-core/axe.min.js', import.meta.dir)).text()

const pages = new WeakMap<Page, Promise<void>>()

/** Adds axe to the document of the page and to all later ones, with one transfer. */
function addAxe(page: Page) {
  const adding = pages.get(page) ?? addSource(page)
  pages.set(page, adding)
  return adding
}

async function addSource(page: Page) {
  const session = await page.context().newCDPSession(page)
  await session.send('Page.enable')
  await session.send('Page.addScriptToEvaluateOnNewDocument', { source, runImmediately: true })
}

/** Ten times as fast as AxeBuilder, which opens a second page. */
export async function axeViolations(page: Page, runOnly: axe.RunOptions['runOnly'] = RULES) {
  await addAxe(page)
  const options: axe.RunOptions = { runOnly, resultTypes: ['violations'] }
  const run = `axe.run(${JSON.stringify(options)}).then(({ violations }) => violations)`
  return (await page.evaluate<axe.Result[]>(run)).map(({ id, nodes }) => [id, nodes.map(({ html }) => html)])
}

/** The violations in the light theme, and those of colors in the dark theme, which stays. */
export async function violationsInThemes(page: Page) {
  await page.emulateMedia({ colorScheme: 'light' })
  const inLight = await axeViolations(page)
  await page.emulateMedia({ colorScheme: 'dark' })
  const inDark = await axeViolations(page, COLOR_RULES)
  return [...inLight.map((one) => ['light', ...one]), ...inDark.map((one) => ['dark', ...one])]
}
