import { Html, unescaped, type Children } from './html'

export type Column = {
  title: string
  /** Sorts by this column, or turns its direction. */
  href?: string
  sort?: 'ascending' | 'descending'
}

type TableProps = { caption: string; columns: Column[]; children: Children }

/** Becomes rows where it has less than 40rem. A cell with the class `usual` is hidden there. */
export const Table = ({ caption, columns, children }: TableProps) => (
  <div class="list table">
    <table>
      <caption class="visually-hidden" safe>
        {caption}
      </caption>
      <thead>
        <tr>
          {columns.map((column) => (
            <Header {...column} />
          ))}
        </tr>
      </thead>
      <tbody>{unescaped(children)}</tbody>
    </table>
  </div>
)

const Header = ({ title, href, sort }: Column) => (
  <th scope="col" aria-sort={sort}>
    {href === undefined ? (
      Html.escapeHtml(title)
    ) : (
      <a href={Html.escapeHtml(href)}>
        {Html.escapeHtml(title)}
        <span aria-hidden="true">{sort === 'ascending' ? ' ↑' : sort === 'descending' ? ' ↓' : ''}</span>
      </a>
    )}
  </th>
)

type Choice = { text: string; href: string; isCurrent: boolean }

/** Filters as links. */
export const Filters = ({ children }: { children: Children }) => (
  <nav class="filters" aria-label="Filters">
    {unescaped(children)}
  </nav>
)

/** The values of one filter. */
export const Filter = ({ title, choices }: { title: string; choices: Choice[] }) => (
  <div role="group" aria-label={Html.escapeHtml(title)}>
    <span class="muted" aria-hidden="true" safe>
      {title}
    </span>{' '}
    {choices.map(({ text, href, isCurrent }) => (
      <a href={Html.escapeHtml(href)} aria-current={isCurrent ? 'true' : undefined} safe>
        {text}
      </a>
    ))}
  </div>
)
