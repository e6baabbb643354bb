import { FlashArea } from './flash-area'
import { Html, unescaped, type Children } from './html'

type PageHeadProps = {
  title: string
  /** The title is the name of a user, in a direction of its own. */
  isName?: boolean
  /** For example the length of a list: `312`, or `3 of 20`. */
  count?: number | string
  badges?: JSX.Element
  /** One or two sentences below the title. */
  lead?: JSX.Element
  /** Buttons beside the title. */
  children?: Children
}

/** The title of an account page. Its place is the same on every page, so a flash message stands below it. */
export const PageHead = ({ title, isName, count, badges, lead, children }: PageHeadProps) => (
  <>
    <header class="page-head">
      <h1>
        {isName ? <bdi safe>{title}</bdi> : Html.escapeHtml(title)}
        <Count value={count} />
        {badges === undefined ? '' : <> {unescaped(badges)}</>}
      </h1>
      {children === undefined ? '' : <div class="actions">{unescaped(children)}</div>}
      {lead === undefined ? '' : <p>{unescaped(lead)}</p>}
    </header>
    <FlashArea />
  </>
)

const Count = ({ value }: { value?: number | string }) =>
  value === undefined ? (
    ''
  ) : (
    <>
      {' '}
      <span class="count" safe>{`${value}`}</span>
    </>
  )

type SectionProps = {
  title: string
  id?: string
  count?: number | string
  /** At the end of the line of the title. */
  aside?: JSX.Element
  text?: string
  children: Children
}

/** A part of a page with a title of its own. */
export const Section = ({ title, id, count, aside, text, children }: SectionProps) => (
  <section id={id}>
    <div class="section-head">
      <h2>
        {Html.escapeHtml(title)}
        <Count value={count} />
      </h2>
      {aside === undefined ? '' : unescaped(aside)}
      {text === undefined ? '' : <p safe>{text}</p>}
    </div>
    {unescaped(children)}
  </section>
)

/** The sections of a page, with space between them. */
export const Sections = ({ children }: { children: Children }) => <div class="sections">{unescaped(children)}</div>

/** One card in the middle: login, sign-up, confirmations and errors. */
export const FocusedPage = ({ title, children }: { title: string; children: Children }) => (
  <section class="card focused stack">
    <h1 safe>{title}</h1>
    <FlashArea />
    {unescaped(children)}
  </section>
)
