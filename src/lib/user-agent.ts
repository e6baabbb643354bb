import Bowser from 'bowser'

const MAX_RAW_LENGTH = 30

const KNOWN_BROWSERS = new Set(Object.values(Bowser.BROWSER_MAP))

/** `Firefox on Linux`, or the start of the user agent in quotes if the browser is unknown. */
export function browserName(userAgent: string) {
  if (userAgent.trim() === '') return 'A browser without a name'
  const { browser, os } = Bowser.parse(userAgent)
  // The parser returns unknown names unchanged. Quotes mark them as text that an attacker may have chosen.
  if (!browser.name || !KNOWN_BROWSERS.has(browser.name)) return `“${userAgent.slice(0, MAX_RAW_LENGTH)}”`
  return os.name ? `${browser.name} on ${os.name}` : browser.name
}
