import { LinkButton } from './button'
import { Html } from './html'

type PagerProps = {
  newer?: string
  older?: string
}

/** The pages of a list that is too long to number them. Nothing if there is one page. */
export const Pager = ({ newer, older }: PagerProps) =>
  newer === undefined && older === undefined ? (
    <></>
  ) : (
    <nav class="pager" aria-label="Pages">
      {newer === undefined ? '' : <LinkButton href={newer} text="Newer" kind="secondary" isSmall />}
      {older === undefined ? '' : <LinkButton href={older} text="Older" kind="secondary" isSmall />}
    </nav>
  )
