import Bowser from 'bowser'

const MAX_RAW_LENGTH = 30 // characters of what it says itself, in quotes: that may be anybody's words

const KNOWN_BROWSERS = new Set(Object.values(Bowser.BROWSER_MAP))

/** What a browser calls itself, as people say it: `Firefox on Linux`. What is no known browser is told by its own words. */
export function browserName(userAgent: string) {
  if (userAgent.trim() === '') return 'A browser without a name'
  const { browser, os } = Bowser.parse(userAgent)
  // The parser takes what it does not know by its own words: then nothing tells them from ours but the quotes.
  if (!browser.name || !KNOWN_BROWSERS.has(browser.name)) return `“${userAgent.slice(0, MAX_RAW_LENGTH)}”`
  return os.name ? `${browser.name} on ${os.name}` : browser.name
}
