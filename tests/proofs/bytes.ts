import type { Answer } from './http'

/** What an answer tells beside what was typed by whoever asked: all of it but the date, byte for byte. */
export function told({ head, body }: Pick<Answer, 'head' | 'body'>, typed: string[]) {
  const lines = head.split('\r\n').filter((line) => !/^date:/i.test(line))
  return typed.reduce((text, word) => text.replaceAll(word, '…'), `${lines.join('\r\n')}\r\n\r\n${body}`)
}

/** How many bytes differ between two texts. Where one is longer, what it has more counts as well. */
export function bytesApart(one: string, other: string) {
  const [a, b] = [Buffer.from(one), Buffer.from(other)]
  let apart = Math.abs(a.length - b.length)
  for (let i = 0; i < Math.min(a.length, b.length); i++) if (a[i] !== b[i]) apart++
  return apart
}

/** The most bytes by which any two of these texts differ. */
export function mostApart(texts: Iterable<string>) {
  const distinct = [...new Set(texts)]
  return Math.max(0, ...distinct.flatMap((one, i) => distinct.slice(i + 1).map((other) => bytesApart(one, other))))
}
