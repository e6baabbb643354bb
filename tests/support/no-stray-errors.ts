import { afterEach, expect, spyOn } from 'bun:test'

type LogLine = { id?: string; msg: string; err?: { message: string; stack?: string } }

const logged: string[] = []
const console_error = spyOn(console, 'error').mockImplementation(
  (...words) => void logged.push(JSON.stringify({ msg: words.join(' ') })),
)

/** The log output of a test's site: each line as the server would print it. */
export const logLines: string[] = []

export const logDestination = {
  write(line: string) {
    logLines.push(line)
    if (JSON.parse(line).level >= 50) logged.push(line)
  },
}

/** Returns and clears logged errors. A test with errors that it did not take fails. */
export const takeLoggedErrors = (): LogLine[] => logged.splice(0).map((line) => JSON.parse(line))

afterEach(() => {
  logLines.length = 0
  console_error.mockClear()
  expect(takeLoggedErrors()).toEqual([])
})
