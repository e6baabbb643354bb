import { Html, unescaped } from './html'
import { footerOf, formatCode, rowsOf, type MailPart, type MailProps } from './mail-content'
import { styledIn, styleSheet, type Styled } from './mail-style'

const TABLE = { role: 'presentation', cellpadding: 0, cellspacing: 0, border: 0 } as const

/** Mail programs show it beside the subject. */
const preheaderOf = (parts: MailPart[]) => {
  const code = parts.find((part) => typeof part === 'object' && 'code' in part)
  if (typeof code === 'object' && 'code' in code) return formatCode(code.code)
  return parts.find((part) => typeof part === 'string') ?? ''
}

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
