import { LinkButton } from './button'
import { Html } from './html'
import type { IconName, Tone } from './icon'
import { ListRow } from './list-row'

export type SettingRowProps = {
  icon: IconName
  tone?: Tone
  title: string
  /** The present state, in one line. */
  state: JSX.Element
  /** The page where the user changes it. */
  href: string
  link: string
  asksForPassword?: boolean
}

/** A row of a `List` that shows a setting and links to its page. */
export const SettingRow = ({ icon, tone, title, state, href, link, asksForPassword }: SettingRowProps) => (
  <ListRow
    icon={icon}
    tone={tone}
    title={title}
    line={state}
    action={
      <LinkButton
        href={href}
        text={link}
        ariaLabel={`${link}: ${title}`}
        kind="secondary"
        isSmall
        asksForPassword={asksForPassword}
      />
    }
  />
)
