import { Html } from './html'
import { staticHtmlByKey } from './static-html'

const paths = {
  alert: 'M12 4L2.5 20h19zM12 10v4M12 17h.01',
  check: 'M12 21a9 9 0 1 0 0-18 9 9 0 0 0 0 18M8 12l3 3 5-6',
  code: 'M8 7l-5 5 5 5M16 7l5 5-5 5',
  computer: 'M4 5h16v11H4zM2 19h20',
  download: 'M12 4v11M7 11l5 5 5-5M4 20h16',
  globe: 'M12 21a9 9 0 1 0 0-18 9 9 0 0 0 0 18M3 12h18M12 3c3 3 3 15 0 18M12 3c-3 3-3 15 0 18',
  info: 'M12 21a9 9 0 1 0 0-18 9 9 0 0 0 0 18M12 11v5M12 8h.01',
  key: 'M14 10a4 4 0 1 0-4 4l1-1h2v-2h2zM13 11l7 7v3h-3l-7-7',
  list: 'M4 6h16M4 12h16M4 18h10',
  lock: 'M5 11h14v10H5zM8 11V7a4 4 0 0 1 8 0v4',
  login: 'M14 4h5v16h-5M3 12h11M10 8l4 4-4 4',
  logout: 'M14 4H5v16h9M9 12h12M17 8l4 4-4 4',
  mail: 'M3 5h18v14H3zM3 6l9 7 9-7',
  phone: 'M7 2.5h10v19H7zM11 18.5h2',
  tablet: 'M5 3h14v18H5zM11 18h2',
  trash: 'M4 7h16M9 7V4h6v3M6 7l1 13h10l1-13M10 11v5M14 11v5',
  unlock: 'M5 11h14v10H5zM8 11V7a4 4 0 0 1 7-2',
  user: 'M12 12a4 4 0 1 0 0-8 4 4 0 0 0 0 8M4 21c0-4 3.5-6 8-6s8 2 8 6',
} as const

export type IconName = keyof typeof paths

const isIconName = (name: string): name is IconName => Object.hasOwn(paths, name)

export const iconNames = Object.keys(paths).filter(isIconName)

/** The role of a color. `neutral` is the muted text color. */
export type Tone = 'neutral' | 'info' | 'success' | 'warning' | 'danger'

const once = staticHtmlByKey()

/** A decoration: the text beside it says the same. */
export const Icon = ({ name, tone = 'neutral' }: { name: IconName; tone?: Tone }): JSX.Element =>
  once(`${name} ${tone}`, () => (
    <svg class={tone === 'neutral' ? 'icon' : `icon ${tone}`} viewBox="0 0 24 24" aria-hidden="true">
      <path d={paths[name]} />
    </svg>
  ))
