import Bowser from 'bowser'

const LONGEST = 60 // characters

/** What a browser calls itself, as people say it: `Firefox on Linux`. What is no known browser is told by its own words. */
export function nameOfBrowser(userAgent: string) {
  if (userAgent.trim() === '') return 'A browser without a name'
  const { browser, os } = Bowser.parse(userAgent)
  const name = browser.name ? (os.name ? `${browser.name} on ${os.name}` : browser.name) : userAgent
  return name.slice(0, LONGEST) // what is not known is named by a part of its own words
}
