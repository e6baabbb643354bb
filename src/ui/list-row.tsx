import { Html, unescaped, type Children } from './html'
import { Icon, type IconName, type Tone } from './icon'
import { Section } from './page-head'

/** A list of `ListRow`s. */
export const List = ({ children }: { children: Children }) => <ul class="list">{unescaped(children)}</ul>

type ListRowProps = {
  /** Keeps the row open when `AutoRefresh` moves it. */
  id?: string
  icon?: IconName
  /** Instead of an icon, for steps. */
  number?: number
  tone?: Tone
  title: string
  /** The page of the object. Not together with `more`, whose title opens the row. */
  href?: string
  badges?: JSX.Element
  /** One line of details below the title. */
  line?: JSX.Element
  /** Shown when the user opens the row. */
  more?: JSX.Element
  /** `more` is visible at once, because it has an error. */
  isOpen?: boolean
  /** A button or a form at the end of the row. */
  action?: JSX.Element
  /** Marks the row by its edge. A badge or an icon says the same, because color alone is not enough (WCAG 1.4.1). */
  isAttention?: boolean
}

/** At most 72 px high while it is closed. */
export const ListRow = ({ id, icon, number, tone, action, more, isOpen, isAttention, ...text }: ListRowProps) => (
  <li id={id} class={isAttention ? 'row attention' : 'row'}>
    {icon === undefined ? '' : <Icon name={icon} tone={tone} />}
    {number === undefined ? (
      ''
    ) : (
      <span class="avatar" aria-hidden="true">
        {number}
      </span>
    )}
    {more === undefined ? (
      <div>
        <RowText {...text} />
      </div>
    ) : (
      <details open={isOpen}>
        <summary>
          <RowText {...text} />
        </summary>
        {unescaped(more)}
      </details>
    )}
    {action === undefined ? '' : unescaped(action)}
  </li>
)

const RowText = ({ title, href, badges, line }: Pick<ListRowProps, 'title' | 'href' | 'badges' | 'line'>) => (
  <>
    <b>
      {href === undefined ? (
        <bdi safe>{title}</bdi>
      ) : (
        <a href={Html.escapeHtml(href)}>
          <bdi safe>{title}</bdi>
        </a>
      )}
    </b>
    {badges === undefined ? '' : <> {unescaped(badges)}</>}
    {line === undefined ? '' : <small>{unescaped(line)}</small>}
  </>
)

type GroupProps = { id?: string; title: string; count: number; children: Children }

/** A closed group of rows with its count. Nothing without rows. */
export const ListGroup = ({ id, title, count, children }: GroupProps) =>
  count === 0 ? (
    <></>
  ) : (
    <details id={id} class="group">
      <summary>
        <b safe>{title}</b> <span class="count">{count}</span>
      </summary>
      <ul class="list">{unescaped(children)}</ul>
    </details>
  )

type DangerZoneProps = { aside?: JSX.Element; children: Children }

/** Destructive actions: one row for each, with a sentence and a link to its confirmation. */
export const DangerZone = ({ aside, children }: DangerZoneProps) => (
  <Section title="Danger zone" aside={aside}>
    <ul class="list zone">{unescaped(children)}</ul>
  </Section>
)
