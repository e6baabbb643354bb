import { afterEach, expect, spyOn } from 'bun:test'

type LogLine = { id?: string; msg: string; err?: { message: string } }

const logged: string[] = []
const console_error = spyOn(console, 'error').mockImplementation(
  (...words) => void logged.push(JSON.stringify({ msg: words.join(' ') })),
)

/** Where the real log of a test's site writes to: each line as the server would print it. */
export const logLines: string[] = []

export const logDestination = {
  write(line: string) {
    logLines.push(line)
    if (JSON.parse(line).level >= 50) logged.push(line)
  },
}

/** What was logged as an error so far: a test that takes it has expected it, any other test fails over it. */
export const takeLoggedErrors = (): LogLine[] => logged.splice(0).map((line) => JSON.parse(line))

afterEach(() => {
  logLines.length = 0
  console_error.mockClear()
  expect(takeLoggedErrors()).toEqual([])
})
