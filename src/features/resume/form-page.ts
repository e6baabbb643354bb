import { inheritServer } from '@/http/request/client-ip'
import { shareCookieJar } from '@/http/request/cookies'
import { matchesPath } from '@/http/request/route-table'
import type { SavedRequest } from '@/model/saved-requests/saved-requests'

/** How the page of a form names the form and its fields. */
export type FormPage = { title?: string; labels: Map<string, string>; hiddenFields: Set<string> }

const RESUME_PATH = '/resume'

type Handle = (request: Request) => Promise<Response>

/**
 * Reads the title and the labels from the page that the form came from, as the user sees it now. Without a referer, or after
 * an error message, that page is unknown: then `/notes/new` has the form of `POST /notes`. A page that the user cannot open
 * gives none.
 */
export async function readFormPage(request: Request, saved: SavedRequest, handle: Handle): Promise<FormPage> {
  const { path, page, fields } = saved
  const action = pathOf(path)
  // The page of saved forms reads such pages itself. Two saved forms from it would make the server ask itself forever.
  const first = page !== undefined && !matchesPath(RESUME_PATH, pathOf(page)) ? page : path
  const found = await readPage(request, first, action, handle)
  if (found.labels.size > 0 || fields.length === 0) return found
  const other = await readPage(request, `${action.replace(/\/$/, '')}/new`, action, handle)
  return other.labels.size > 0 ? other : found
}

async function readPage(request: Request, address: string, action: string, handle: Handle): Promise<FormPage> {
  const response = await handle(pageRequest(request, address))
  const isPage = response.ok && response.headers.get('content-type')?.startsWith('text/html')
  if (isPage) return parseFormPage(response, action)
  await response.body?.cancel()
  return { labels: new Map(), hiddenFields: new Set() }
}

const pathOf = (address: string) => new URL(address, 'http://here.invalid').pathname

/** In the name of the user. A poll extends no session and consumes no flash message. */
function pageRequest(request: Request, path: string) {
  const headers = new Headers(request.headers)
  headers.delete('accept-encoding')
  headers.set('x-poll', '1')
  const copy = new Request(`${new URL(path, request.url)}`, { headers })
  shareCookieJar(request, copy)
  inheritServer(copy, request)
  return copy
}

type Caption = { text: string }

/** A label or legend names the fields that follow it. In a group, the legend counts and not the label of each choice. */
async function parseFormPage(response: Response, action: string): Promise<FormPage> {
  const title: Caption = { text: '' }
  const captions = new Map<string, Caption>()
  const hiddenFields = new Set<string>()
  const inside = { form: false, group: false, caption: false, hint: false }
  let caption: Caption | undefined

  type Place = keyof typeof inside
  const enter = (place: Place, element: HTMLRewriterTypes.Element) => {
    inside[place] = true
    element.onEndTag(() => {
      inside[place] = false
      if (place === 'group') caption = undefined
    })
  }

  const rewriter = new HTMLRewriter()
    .on('title', { text: ({ text }) => void (title.text += text) })
    .on('form', {
      element(form) {
        if (pathOf(form.getAttribute('action') ?? '') === action) enter('form', form)
        caption = undefined
      },
    })
    .on('form fieldset', { element: (group) => enter('group', group) })
    .on('form legend, form label', {
      element(element) {
        if (inside.group && element.tagName === 'label') return
        caption = { text: '' }
        enter('caption', element)
      },
    })
    .on('label small, label .muted', { element: (hint) => enter('hint', hint) })
    .on('form legend, form label', {
      text({ text }) {
        if (caption && inside.caption && !inside.hint) caption.text += text
      },
    })
    .on('form [name]', {
      element(field) {
        const name = decodeText(field.getAttribute('name') ?? '')
        if (!inside.form) return
        if (field.getAttribute('type') === 'hidden') hiddenFields.add(name)
        else if (caption && !captions.has(name)) captions.set(name, caption)
      },
    })
  await rewriter.transform(response).text()
  const labels = [...captions].map(([name, { text }]) => [name, decodeText(text).trim()] as const)
  return { title: withoutSiteName(decodeText(title.text)), labels: new Map(labels), hiddenFields }
}

/** `Profile · My app` -> `Profile` */
const withoutSiteName = (title: string) => title.slice(0, title.lastIndexOf(' · '))

const NAMED: Record<string, string> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" }

/** Our pages escape no other characters. */
const decodeText = (text: string) =>
  text.replace(/&(?:#(\d+)|(\w+));/g, (entity, code: string | undefined, name: string) =>
    code === undefined ? (NAMED[name] ?? entity) : String.fromCodePoint(Number(code)),
  )
