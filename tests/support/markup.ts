/** Texts that would be markup on a page that does not escape them. Each is a valid name. */
export const MARKUP = [
  '<script>alert(1)</script>',
  '"><img src=x onerror=alert(1)>',
  "'><svg/onload=alert(1)>",
  '</title><script>alert(1)</script>',
  '</textarea><script>alert(1)</script>',
  '</template><script>alert(1)</script>',
  '--><script>alert(1)</script>',
  '<!--<script>',
  'javascript:alert(1)',
  '" hx-get="/logout" hx-trigger="load" x="',
  "' hx-get='/logout' hx-trigger='load' x='",
  '" autofocus onfocus=alert(1) x="',
  '<div hx-get=/settings hx-trigger=load>',
  '<div hx-post=/logout hx-trigger=load>',
  '<div data-hx-post=/settings/sessions/end-others data-hx-trigger=load>',
  '<form data-hx-post=/logout data-hx-trigger=revealed>',
  '<a hx-boost=true href=//evil.test>x</a>',
  '<div hx-on:click=alert(1)>',
  "<b hx-vals='js:{a:alert(1)}'>",
  '<meta http-equiv=refresh content=0;url=//evil.test>',
  '<base href=//evil.test>',
  '<form action=//evil.test><button>',
  '<template><script>alert(1)</script></template>',
  '<hx-partial hx-target=body><script>alert(1)</script></hx-partial>',
  '<p hx-swap-oob=true id=main>x</p>',
  '&lt;script&gt;alert(1)&lt;/script&gt;',
  '&#x3c;script&#x3e;alert(1)&#60;/script&#62;',
  '<noscript><p title="</noscript><img src=x onerror=alert(1)>">',
  "<style>@import'//evil.test'</style>",
  '};*{background:url(//evil.test)}',
  String.raw`\u003cscript\u003ealert(1)\u003c/script\u003e`,
  '+ADw-script+AD4-alert(1)+ADw-/script+AD4-',
  '{{7*7}} ${7*7} #{7*7} <%=7*7%> {%print 1%}',
  "' OR 1=1; DROP TABLE users; --",
  '\uFF1Cscript\uFF1Ealert(1)\uFF1C/script\uFF1E',
  '$& $1 $` %s %d %o',
] as const

/** The structure of a page without typed text: elements, attribute names and link targets. */
export function shapeOf(html: string) {
  const shape: string[] = []
  const note = (what: string) => void shape.push(what)
  const rewriter = new HTMLRewriter().on('*', {
    element({ tagName, attributes }) {
      const observed = [...attributes].map(([name = '', value = '']) =>
        ACTIVE.test(name) ? `${name}=${placeOf(value)}` : name,
      )
      note(`<${tagName} ${observed.join(' ')}>`)
    },
    comments: () => note('<!-- -->'),
  })
  rewriter.transform(html)
  return shape
}

const ACTIVE = /^(on|style$|src|href$|action$|formaction$|data$|content$|http-equiv$|(data-)?hx-)/

/** A path without its query and ids. */
const placeOf = (value: string) => value.replace(/\?[^]*/, '?').replaceAll(/\/[\w-]{22}(?=\/|$)/g, '/:id')

/** All text of a page, including attributes. */
export const decoded = (html: string) =>
  html.replace(/&(?:#x([0-9a-f]+)|#(\d+)|(lt|gt|quot|amp|apos));/gi, (_, hex, decimal, name: keyof typeof NAMED) =>
    name ? NAMED[name] : String.fromCodePoint(hex ? Number.parseInt(hex, 16) : Number(decimal)),
  )

const NAMED = { lt: '<', gt: '>', quot: '"', amp: '&', apos: "'" }
