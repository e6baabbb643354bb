import type { MailDetails } from '@/model/mails/mail-data'
import { Html, unescaped } from './html'
import { dateUtc, exactUtc } from './local-time'

/** What a template may say about the site. */
export type MailSite = {
  name: string
  /** The public origin. All links start with it. */
  url: string
  isSignupOpen: boolean
  /** Where replies are read, or empty. */
  replyTo: string
  /** The end of a sentence, like `contact us: help@example.com`. Empty without a contact. */
  contact: string
}

/** One paragraph. The address of a button is also written out below it. */
export type MailPart =
  | string
  | { button: string; href: string }
  | { link: string; href: string }
  | { code: string }
  | { details: MailDetails }

export type MailContent = {
  subject: string
  parts: MailPart[]
  /** For mails to addresses that a visitor entered: the recipient may have no account. */
  isRequested?: boolean
}

export type MailColor = { light: string; dark: string }
export type MailColorName = 'ground' | 'surface' | 'border' | 'text' | 'muted' | 'accent' | 'on-accent'
export type MailColors = Record<MailColorName, MailColor>

export type MailProps = MailContent & { email: string; site: MailSite; colors: MailColors }

/** For a sentence: `Jan 15, 2030`. */
export const dateOf = (at = 0) => dateUtc(at)

/** `1234 5678` */
const formatCode = (code: string) => code.replace(/^(\d{4})(\d{4})$/, '$1 $2')

const rowsOf = ({ at, browser, ip }: MailDetails) =>
  [
    ['When', at === undefined ? undefined : exactUtc(at)],
    ['Browser', browser],
    ['IP address', ip],
  ].flatMap(([label = '', value]) => (value ? [{ label, value }] : []))

/** Mail programs show it beside the subject. */
const preheaderOf = (parts: MailPart[]) => {
  const code = parts.find((part) => typeof part === 'object' && 'code' in part)
  if (typeof code === 'object' && 'code' in code) return formatCode(code.code)
  return parts.find((part) => typeof part === 'string') ?? ''
}

const footerOf = ({ isRequested, email, site }: MailProps) => [
  isRequested
    ? `This email was sent to ${email} because someone entered this address at ${site.name}.`
    : `This email was sent to ${email} because of an account at ${site.name}.`,
  ...(site.replyTo === '' ? ['Replies to this email are not read.'] : []),
  'We will never ask for your password or a code by email or phone.',
]

// -------------------------------------------------------------------------------------------------------- plain text

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

// -------------------------------------------------------------------------------------------------------------- HTML

const FONT = "font-family:system-ui,-apple-system,'Segoe UI',Roboto,'Helvetica Neue',Arial,sans-serif"
const BODY = `${FONT};font-size:16px;line-height:24px`
const SMALL = `${FONT};font-size:14px;line-height:20px`
const MONO = 'font-family:ui-monospace,Menlo,Consolas,monospace'

type Look = (property: string, color: MailColorName) => string

/** One HTML document. Mail programs load no stylesheet, so each element has its style. */
export const MailPage = (mail: MailProps) => {
  const look: Look = (property, color) => `${property}:${mail.colors[color].light}`
  return (
    <>
      {'<!doctype html>'}
      <html lang="en">
        <head>
          <meta charset="utf-8" />
          <meta name="viewport" content="width=device-width, initial-scale=1" />
          <meta name="color-scheme" content="light dark" />
          <meta name="supported-color-schemes" content="light dark" />
          <title safe>{mail.subject}</title>
          <style>{unescaped(styleFor(mail.colors))}</style>
        </head>
        <body class="ground" style={`margin:0;padding:0;${look('background-color', 'ground')}`}>
          <div style="display:none;max-height:0;overflow:hidden" aria-hidden="true" safe>
            {preheaderOf(mail.parts)}
          </div>
          <table role="presentation" width="100%" cellpadding={0} cellspacing={0} border={0}>
            <tr>
              <td align="center" style="padding:32px 16px">
                <table
                  role="presentation"
                  width="100%"
                  cellpadding={0}
                  cellspacing={0}
                  border={0}
                  style="max-width:520px;text-align:left"
                >
                  <tr>
                    <td style="padding:0 0 16px">
                      <header
                        class="text"
                        style={`${BODY};font-weight:650;overflow-wrap:anywhere;${look('color', 'text')}`}
                        safe
                      >
                        {mail.site.name}
                      </header>
                    </td>
                  </tr>
                  <tr>
                    <td
                      class="surface"
                      style={`padding:32px 32px 16px;border-radius:12px;border:1px solid ${mail.colors.border.light};${look('background-color', 'surface')}`}
                    >
                      <main>
                        <h1
                          class="text"
                          style={`${FONT};font-size:22px;line-height:28px;font-weight:650;margin:0 0 16px;overflow-wrap:anywhere;${look('color', 'text')}`}
                          safe
                        >
                          {mail.subject}
                        </h1>
                        {mail.parts.map((part) => (
                          <Part part={part} look={look} />
                        ))}
                      </main>
                    </td>
                  </tr>
                  <tr>
                    <td style="padding:24px 0 0">
                      <footer>
                        {footerOf(mail).map((text) => (
                          <p
                            class="muted"
                            style={`${SMALL};margin:0 0 8px;overflow-wrap:anywhere;${look('color', 'muted')}`}
                            safe
                          >
                            {text}
                          </p>
                        ))}
                      </footer>
                    </td>
                  </tr>
                </table>
              </td>
            </tr>
          </table>
        </body>
      </html>
    </>
  )
}

const Part = ({ part, look }: { part: MailPart; look: Look }) => {
  if (typeof part === 'string')
    return (
      <p class="text" style={`${BODY};margin:0 0 16px;overflow-wrap:anywhere;${look('color', 'text')}`} safe>
        {part}
      </p>
    )
  if ('code' in part)
    return (
      <p
        class="text"
        style={`${MONO};font-size:28px;line-height:36px;font-weight:650;margin:0 0 16px;${look('color', 'text')}`}
        safe
      >
        {formatCode(part.code)}
      </p>
    )
  if ('button' in part) return <Button text={part.button} href={part.href} look={look} />
  if ('link' in part)
    return (
      <p style={`${BODY};margin:0 0 16px`}>
        <a class="accent" href={Html.escapeHtml(part.href)} style={look('color', 'accent')} safe>
          {part.link}
        </a>
      </p>
    )
  const rows = rowsOf(part.details)
  return rows.length === 0 ? '' : <DetailsTable rows={rows} look={look} />
}

const Button = ({ text, href, look }: { text: string; href: string; look: Look }) => (
  <>
    <table role="presentation" cellpadding={0} cellspacing={0} border={0} style="margin:8px 0 16px">
      <tr>
        <td class="button" style={`border-radius:8px;${look('background-color', 'accent')}`}>
          <a
            class="button"
            href={Html.escapeHtml(href)}
            style={`${BODY};display:inline-block;padding:10px 20px;font-weight:560;text-decoration:none;border-radius:8px;${look('background-color', 'accent')};${look('color', 'on-accent')}`}
            safe
          >
            {text}
          </a>
        </td>
      </tr>
    </table>
    <p style={`${SMALL};margin:0 0 16px;word-break:break-all`}>
      <a class="accent" href={Html.escapeHtml(href)} style={look('color', 'accent')} safe>
        {href}
      </a>
    </p>
  </>
)

const DetailsTable = ({ rows, look }: { rows: ReturnType<typeof rowsOf>; look: Look }) => (
  <table cellpadding={0} cellspacing={0} border={0} style="margin:0 0 16px">
    {rows.map(({ label, value }) => (
      <tr>
        <th
          scope="row"
          class="muted"
          style={`${SMALL};font-weight:400;text-align:left;vertical-align:top;padding:2px 16px 2px 0;white-space:nowrap;${look('color', 'muted')}`}
          safe
        >
          {label}
        </th>
        <td class="text" style={`${SMALL};padding:2px 0;overflow-wrap:anywhere;${look('color', 'text')}`} safe>
          {value}
        </td>
      </tr>
    ))}
  </table>
)

/** `!important`, because it must win against the styles of the elements. */
function styleFor(colors: MailColors) {
  const dark: Look = (property, color) => `${property}:${colors[color].dark}!important`
  const rules = [
    `.ground{${dark('background-color', 'ground')}}`,
    `.surface{${dark('background-color', 'surface')};${dark('border-color', 'border')}}`,
    `.text{${dark('color', 'text')}}`,
    `.muted{${dark('color', 'muted')}}`,
    `.accent{${dark('color', 'accent')}}`,
    `.button{${dark('background-color', 'accent')};${dark('color', 'on-accent')}}`,
  ]
  return [
    ':root{color-scheme:light dark}',
    '@media(max-width:480px){.surface{padding:24px 20px 8px!important}}',
    `@media(prefers-color-scheme:dark){${rules.join('')}}`,
  ].join('')
}
