/** What a command says and how it ends: 0 done, 1 refused, 2 not understood. What is done is for standard output. */
export type CommandOutput = { code: 0 | 1 | 2; text: string }

export const success = (...lines: string[]): CommandOutput => ({ code: 0, text: lines.join('\n') })
export const failure = (sentence: string): CommandOutput => ({ code: 1, text: sentence })
export const usageError = (sentence: string): CommandOutput => ({
  code: 2,
  text: `${sentence}\nMore: bun run user --help`,
})

/** What was typed, within a sentence: it stays one line and steers no terminal, whatever was typed. */
export const quote = (typed: string) =>
  JSON.stringify(typed).replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, (sign) => `\\u{${sign.codePointAt(0)?.toString(16)}}`)
