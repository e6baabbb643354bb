/** Exit codes: 0 success, 1 failure, 2 usage error. Only successful output goes to stdout. */
export type CommandOutput = { code: 0 | 1 | 2; text: string }

export const success = (...lines: string[]): CommandOutput => ({ code: 0, text: lines.join('\n') })
export const failure = (message: string): CommandOutput => ({ code: 1, text: message })
export const usageError = (message: string, program = 'user'): CommandOutput => ({
  code: 2,
  text: `${message}\nMore: bun run ${program} --help`,
})
