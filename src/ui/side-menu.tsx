import { Html, unescaped, type Children } from './html'

type SideMenuProps = {
  label: string
  /** The line that opens the menu on a narrow screen. */
  summary: string
  /** The links are items of a list. */
  groups: { title: string; links: Children }[]
}

/** Beside the content. Below 60rem the menu is closed. A style rule shows one of the two. */
export const SideMenu = ({ label, summary, groups }: SideMenuProps) => (
  <>
    <details class="side">
      <summary safe>{summary}</summary>
      <nav aria-label={Html.escapeHtml(label)}>
        <Groups groups={groups} />
      </nav>
    </details>
    <nav class="side" aria-label={Html.escapeHtml(label)}>
      <Groups groups={groups} />
    </nav>
  </>
)

const Groups = ({ groups }: Pick<SideMenuProps, 'groups'>) => (
  <>
    {groups.map(({ title, links }) => (
      <>
        <b safe>{title}</b>
        <ul>{unescaped(links)}</ul>
      </>
    ))}
  </>
)
