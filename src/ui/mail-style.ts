export type MailColor = { light: string; dark: string }
export type MailColorName = 'ground' | 'surface' | 'border' | 'text' | 'muted' | 'accent' | 'on-accent'
export type MailColors = Record<MailColorName, MailColor>

const FONT = "font-family:system-ui,-apple-system,'Segoe UI',Roboto,'Helvetica Neue',Arial,sans-serif"
const BODY = `${FONT};font-size:16px;line-height:24px;overflow-wrap:anywhere`
const SMALL = `${FONT};font-size:14px;line-height:20px;overflow-wrap:anywhere`

type Style = { css: string; color?: MailColorName; background?: MailColorName; border?: MailColorName }

/** By class. A color stands here once for both schemes. */
const styles = {
  page: { css: 'margin:0;padding:0', background: 'ground' },
  card: {
    css: 'padding:32px 32px 16px;border-radius:12px;border-width:1px;border-style:solid',
    background: 'surface',
    border: 'border',
  },
  site: { css: `${BODY};font-weight:650`, color: 'text' },
  heading: {
    css: `${BODY};font-size:22px;line-height:28px;font-weight:650;margin:0 0 16px`,
    color: 'text',
  },
  text: { css: `${BODY};margin:0 0 16px`, color: 'text' },
  code: {
    css: 'font:650 28px/36px ui-monospace,Menlo,Consolas,monospace;margin:0 0 16px',
    color: 'text',
  },
  cell: { css: 'border-radius:8px', background: 'accent' },
  button: {
    css: `${BODY};display:inline-block;padding:10px 20px;font-weight:560;text-decoration:none;border-radius:8px`,
    color: 'on-accent',
    background: 'accent',
  },
  link: { css: BODY, color: 'accent' },
  address: { css: `${SMALL};word-break:break-all`, color: 'accent' },
  label: {
    css: `${SMALL};font-weight:400;text-align:left;vertical-align:top;padding:2px 16px 2px 0;white-space:nowrap`,
    color: 'muted',
  },
  value: { css: `${SMALL};padding:2px 0`, color: 'text' },
  footer: { css: `${SMALL};margin:0 0 8px`, color: 'muted' },
} satisfies Record<string, Style>

/** The attributes of an element. */
export type Styled = (name: keyof typeof styles) => { class: string; style: string }

function colorsOf({ color, background, border }: Style, colors: MailColors, scheme: keyof MailColor) {
  const properties = [
    ['color', color],
    ['background-color', background],
    ['border-color', border],
  ] as const
  return properties.flatMap(([property, name]) => (name === undefined ? [] : `${property}:${colors[name][scheme]}`))
}

/** Mail programs load no stylesheet, so each element has its style. */
export const styledIn =
  (colors: MailColors): Styled =>
  (name) => ({
    class: name,
    style: [styles[name].css, ...colorsOf(styles[name], colors, 'light')].join(';'),
  })

/** For a phone, and for a device that asks for dark colors. `!important` wins against the styles of the elements. */
export function styleSheet(colors: MailColors) {
  const dark = Object.entries(styles).map(
    ([name, style]) =>
      `.${name}{${colorsOf(style, colors, 'dark')
        .map((one) => `${one}!important`)
        .join(';')}}`,
  )
  return [
    ':root{color-scheme:light dark}',
    '@media(max-width:480px){.card{padding:24px 20px 8px!important}}',
    `@media(prefers-color-scheme:dark){${dark.join('')}}`,
  ].join('')
}
