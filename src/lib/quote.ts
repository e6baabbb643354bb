/** Escapes line breaks and control characters: typed text could forge log lines or send commands to the terminal. */
export const quote = (typed: string) =>
  JSON.stringify(typed).replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, (char) => `\\u{${char.codePointAt(0)?.toString(16)}}`)
