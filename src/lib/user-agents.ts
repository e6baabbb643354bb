import Bowser from 'bowser'

const LONGEST = 60 // characters
const LONGEST_OWN = 30 // of what it says itself, in quotes: that may be anybody's words

/** What a browser calls itself, as people say it: `Firefox on Linux`. What is no known browser is told by its own words. */
export function nameOfBrowser(userAgent: string) {
  if (userAgent.trim() === '') return 'A browser without a name'
  const { browser, os } = Bowser.parse(userAgent)
  if (!browser.name) return `“${userAgent.slice(0, LONGEST_OWN)}”`
  return (os.name ? `${browser.name} on ${os.name}` : browser.name).slice(0, LONGEST)
}
