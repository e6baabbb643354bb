import { footerOf, formatCode, rowsOf, type MailPart, type MailProps } from './mail-content'

const COLUMNS = 72

export const textOf = (mail: MailProps) =>
  [
    ...mail.parts.map(textOfPart).filter((text) => text !== ''),
    ['-- ', ...footerOf(mail).map(wrap), ''].join('\n'),
  ].join('\n\n')

function textOfPart(part: MailPart) {
  if (typeof part === 'string') return wrap(part)
  if ('code' in part) return formatCode(part.code)
  if ('button' in part) return `${introduce(part.button)}\n${part.href}`
  if ('link' in part) return `${introduce(part.link)}\n${part.href}`
  const rows = rowsOf(part.details)
  const width = Math.max(...rows.map(({ label }) => label.length)) + 2
  return rows.map(({ label, value }) => `${`${label}:`.padEnd(width)}${value}`).join('\n')
}

const introduce = (text: string) => wrap(/[.:?]$/.test(text) ? text : `${text}:`)

/** Breaks between words only, so that no address is broken. */
function wrap(text: string) {
  const lines: string[] = []
  for (const word of text.split(' ')) {
    const last = lines.at(-1)
    if (last === undefined || Bun.stringWidth(`${last} ${word}`) > COLUMNS) lines.push(word)
    else lines.splice(-1, 1, `${last} ${word}`)
  }
  return lines.join('\n')
}
