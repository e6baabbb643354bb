import type { MailData, MailDetails } from '@/model/mails/mail-data'
import { Html, unescaped } from './html'
import { dateUtc, exactUtc } from './local-time'
import { styledIn, styleSheet, type MailColors, type Styled } from './mail-style'

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

/** The words of one mail. */
export type Template = (data: MailData, site: MailSite) => MailContent

export type MailProps = MailContent & { email: string; site: MailSite; colors: MailColors }

/** The code, its link, and how long they work. */
export const codeParts = ({ code = '' }: MailData, introduction: string, button: { button: string; href: string }) => [
  introduction,
  { code },
  'Or use this link:',
  button,
  'The code works for 30 minutes, the link for 24 hours.',
]

/** In a mail with another button. Ends all access of an attacker. It works without a session, a password and the current address. */
export const notMe = ({ tokens }: MailData, { url }: MailSite) => ({
  link: 'This wasn’t me',
  href: `${url}/secure-account?token=${tokens['secure-account']}`,
})

export const notMeButton = (data: MailData, site: MailSite) => {
  const { link, href } = notMe(data, site)
  return { button: link, href }
}

/** Empty for an event that happened once. */
export const countParts = ({ count = 1 }: MailDetails) => (count > 1 ? [`This happened ${count} times.`] : [])

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

const TABLE = { role: 'presentation', cellpadding: 0, cellspacing: 0, border: 0 } as const

/** One HTML document. */
export const MailPage = (mail: MailProps) => {
  const styled = styledIn(mail.colors)
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
          <style>{unescaped(styleSheet(mail.colors))}</style>
        </head>
        <body {...styled('page')}>
          <div style="display:none;max-height:0;overflow:hidden" aria-hidden="true" safe>
            {preheaderOf(mail.parts)}
          </div>
          <table {...TABLE} width="100%">
            <tr>
              <td align="center" style="padding:32px 16px">
                <table {...TABLE} width="100%" style="max-width:520px;text-align:left">
                  <tr>
                    <td style="padding:0 0 16px">
                      <header {...styled('site')} safe>
                        {mail.site.name}
                      </header>
                    </td>
                  </tr>
                  <tr>
                    <td {...styled('card')}>
                      <main>
                        <h1 {...styled('heading')} safe>
                          {mail.subject}
                        </h1>
                        {mail.parts.map((part) => (
                          <Part part={part} styled={styled} />
                        ))}
                      </main>
                    </td>
                  </tr>
                  <tr>
                    <td style="padding:24px 0 0">
                      <footer>
                        {footerOf(mail).map((text) => (
                          <p {...styled('footer')} safe>
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

const Part = ({ part, styled }: { part: MailPart; styled: Styled }) => {
  if (typeof part === 'string')
    return (
      <p {...styled('text')} safe>
        {part}
      </p>
    )
  if ('code' in part)
    return (
      <p {...styled('code')} safe>
        {formatCode(part.code)}
      </p>
    )
  if ('button' in part) return <Button text={part.button} href={part.href} styled={styled} />
  if ('link' in part) return <Link text={part.link} href={part.href} look={styled('link')} />
  const rows = rowsOf(part.details)
  return rows.length === 0 ? '' : <DetailsTable rows={rows} styled={styled} />
}

type LinkProps = { text: string; href: string; look: ReturnType<Styled> }

const Link = ({ text, href, look }: LinkProps) => (
  <p style="margin:0 0 16px">
    <a {...look} href={Html.escapeHtml(href)} safe>
      {text}
    </a>
  </p>
)

/** The cell has the color too, because Outlook draws no box for a link. */
const Button = ({ text, href, styled }: { text: string; href: string; styled: Styled }) => (
  <>
    <table {...TABLE} style="margin:8px 0 16px">
      <tr>
        <td {...styled('cell')}>
          <a {...styled('button')} href={Html.escapeHtml(href)} safe>
            {text}
          </a>
        </td>
      </tr>
    </table>
    <Link text={href} href={href} look={styled('address')} />
  </>
)

const DetailsTable = ({ rows, styled }: { rows: ReturnType<typeof rowsOf>; styled: Styled }) => (
  <table cellpadding={0} cellspacing={0} border={0} style="margin:0 0 16px">
    {rows.map(({ label, value }) => (
      <tr>
        <th scope="row" {...styled('label')} safe>
          {label}
        </th>
        <td {...styled('value')} safe>
          {value}
        </td>
      </tr>
    ))}
  </table>
)
