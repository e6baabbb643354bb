import Bowser from 'bowser'

const LONGEST = 60 // characters of what no one knows

/** What a browser calls itself, as people say it: `Firefox on Linux`. What is no known browser is told by its own words. */
export function nameOfBrowser(userAgent: string) {
  if (userAgent.trim() === '') return 'A browser without a name'
  const { browser, os } = Bowser.parse(userAgent)
  if (!browser.name) return userAgent.slice(0, LONGEST)
  return os.name ? `${browser.name} on ${os.name}` : browser.name
}
