import { readFileSync } from 'node:fs'
import themeCss from '../../../public/styles/theme.css' with { type: 'file' }

const theme = readFileSync(themeCss, 'utf8')

const TOP_LEVEL_COMMA = /,(?![^(]*\))/

/** The value of a color variable, for mails: they load no stylesheet, and few mail programs know `light-dark()`. */
export function themeColor(name: string) {
  const value = new RegExp(String.raw`--${name}:\s*([^;]+);`).exec(theme)?.[1]
  if (value === undefined) throw new Error(`theme failed: public/styles/theme.css has no --${name}`)
  const [light = value, dark = light] = (/^light-dark\((.+)\)$/.exec(value)?.[1] ?? value).split(TOP_LEVEL_COMMA)
  return { light: light.trim(), dark: dark.trim() }
}
