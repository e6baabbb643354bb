// Progressive enhancement: every page and form works without this script.
const appCore = {}
{
  /** A proxy or a captive portal may answer instead of the app. The app sends scripts this header, and no redirects. */
  appCore.isOwn = ({ headers, redirected }) => headers.has('App-Response') && !redirected

  /** Whether a page sent this request by itself. */
  appCore.isPoll = (ctx) => ctx !== undefined && 'X-Poll' in ctx.request.headers

  try {
    appCore.channel = new BroadcastChannel('session') // to the other tabs
  } catch {
    // Old browsers have no channels, and Firefox refuses them if it blocks cookies.
  }

  // Trusted Types: htmx inserts HTML through this policy only, which empties every injected script.
  const policy = globalThis.trustedTypes?.createPolicy('htmx', { createHTML: (html) => html, createScript: () => '' })
  htmx.registerExtension('trusted-types', { init: (api) => policy && api.initSecurity(policy) })

  // The back-forward cache keeps pages after their session has ended, so they are hidden and loaded again.
  addEventListener('pagehide', (event) => event.persisted && document.documentElement.classList.add('leaving'))
  addEventListener('pageshow', (event) => event.persisted && location.reload())

  // Servers do not receive fragments, so the pages of a login pass on the fragment of the return path.
  const returnPath =
    new URLSearchParams(location.search).get('next') ?? document.querySelector('main [name=next]')?.value
  const fragment = location.hash

  function withFragment(href) {
    const { pathname, search, searchParams, hash } = new URL(href, location.href)
    const [path, here] = [pathname + search, location.pathname + location.search]
    if (hash || path === here) return href // a browser does not load its own URL with a fragment
    const next = searchParams.get('next') ?? path
    return href + (next === returnPath ? fragment : next === here ? location.hash : '')
  }

  function keepFragments() {
    for (const link of document.querySelectorAll('a[href*="next="]'))
      link.href = withFragment(link.getAttribute('href'))
    for (const form of document.querySelectorAll('form[action*="next="]'))
      form.action = withFragment(form.getAttribute('action'))
    // For a password manager that submits the form without htmx.
    for (const { form, value } of document.querySelectorAll('main [name=next]'))
      if (value === returnPath) form.action = form.getAttribute('action').split('#')[0] + fragment
  }

  /** With such a key, a browser opens a link in another tab or window. */
  appCore.opensElsewhere = ({ ctrlKey, metaKey, shiftKey }) => ctrlKey || metaKey || shiftKey

  document.addEventListener('click', (event) => {
    if (!event.target.closest('[data-back]') || appCore.opensElsewhere(event) || history.length === 1) return
    event.preventDefault()
    history.back()
  })

  const enhancers = []

  /** Runs now, and again for content that htmx inserts. */
  appCore.enhance = (enhancer) => {
    enhancers.push(enhancer)
    enhancer()
  }

  appCore.enhance(keepFragments)

  const { passkeys } = document.currentScript.dataset

  // Most pages do without it. A dialog may need it later.
  appCore.enhance(
    () => document.querySelector('[data-passkey], [data-accepted], [data-passkey-offer]') && import(passkeys),
  )

  let beforeSwap

  document.addEventListener('htmx:before:swap', ({ detail: { ctx } }) => {
    // While the request of a form runs, its button is disabled and has no focus.
    const hasFocus = document.activeElement !== document.body || !appCore.isPoll(ctx)
    beforeSwap = { hasFocus, flash: document.getElementById('flash') }
  })

  document.addEventListener('htmx:after:swap', ({ detail: { ctx } }) => {
    for (const enhancer of enhancers) enhancer()
    markCurrentLinks()
    const error = ctx.response?.status === 422 && document.querySelector('main:not(:has([autofocus])) [aria-invalid]')
    if (error) return error.focus()
    const hasLostFocus = beforeSwap.hasFocus && document.activeElement === document.body
    if (hasLostFocus || (!appCore.isPoll(ctx) && hasNewMessage())) focusContent()
  })

  /** htmx restores the focus of a field, but a form that succeeded continues at its message. */
  function hasNewMessage() {
    const flash = document.getElementById('flash')
    const isNew = flash !== beforeSwap.flash && flash?.textContent && flash.getAttribute('role') === 'status'
    return isNew && !document.querySelector('main [autofocus]')
  }

  /** To the message about what happened, or to the start of the content. */
  function focusContent() {
    const flash = document.getElementById('flash')
    const target = flash?.textContent ? flash : document.getElementById('main')
    target.tabIndex = -1
    target.focus({ preventScroll: target !== flash })
  }

  const SIDE = 'body > .shell > .side'

  /** The menus are outside of the content that htmx replaces. */
  function markCurrentLinks() {
    for (const link of document.querySelectorAll(`body > header nav a, ${SIDE} a`)) {
      const isCurrent = link.pathname === location.pathname
      const isAbove = location.pathname.startsWith(`${link.pathname}/`)
      if (isCurrent || isAbove) link.setAttribute('aria-current', isCurrent ? 'page' : 'true')
      else link.removeAttribute('aria-current')
    }
    const [summary, page, above] = ['> summary', '[aria-current=page]', '[aria-current]'].map((one) =>
      document.querySelector(`${SIDE} ${one}`),
    )
    const current = page ?? above
    if (summary) summary.textContent = current ? `Account menu: ${current.textContent}` : 'Account menu'
  }

  const NO_ANSWER = 'No answer from the server. Your input is still here. Check your connection and try again.'
  const TOO_LARGE = 'Your input is too large. It is still here. Shorten it and try again.'
  const UNEXPECTED = 'The server did not respond as expected. Your input is still here. Please try again in a moment.'

  /** Shows a message in the open dialog, or above the form. */
  appCore.showError = (text = UNEXPECTED) => {
    const dialogs = ['relogin-dialog', 'page-dialog'].map((id) => document.getElementById(id))
    const dialog = dialogs.find((one) => one?.open)
    const flash = document.getElementById('flash')
    if (dialog) return appCore.showErrorIn(dialog, text)
    if (!flash) return
    flash.className = 'error'
    flash.setAttribute('role', 'alert')
    flash.textContent = text
    flash.scrollIntoView({ block: 'nearest' })
  }

  appCore.showErrorIn = (dialog, text) => {
    const message = dialog.querySelector('.dialog-error') ?? document.createElement('p')
    message.className = 'dialog-error form-error'
    message.setAttribute('role', 'alert')
    message.textContent = text
    dialog.firstElementChild.prepend(message)
  }

  // The URL of the page would exceed the limit of the server for headers, which does not read this one.
  document.addEventListener(
    'htmx:config:request',
    ({ detail: { ctx } }) => delete ctx.request.headers['HX-Current-URL'],
  )

  document.addEventListener('htmx:before:response', (event) => {
    const { ctx } = event.detail
    const { raw, status } = ctx.response
    if (appCore.isOwn(raw) && (status === 200 || !appCore.isPoll(ctx))) {
      if (ctx.hx.redirect) followRedirect(ctx)
      return
    }
    event.preventDefault()
    ctx.hx = {} // htmx would trigger the events of `HX-Trigger`
    if (!appCore.isPoll(ctx)) appCore.showError(status === 413 ? TOO_LARGE : UNEXPECTED)
  })

  /**
   * A form that redirects to the open page replaces only the content, so the scroll position and the menus stay. A page that
   * redirects to itself is loaded, because browsers end such a loop.
   */
  function followRedirect({ hx, request }) {
    const path = hx.redirect
    const isOpen = path === location.pathname + location.search
    if (isOpen && request.method !== 'GET' && document.getElementById('countdown')) {
      delete hx.redirect
      hx.location = JSON.stringify({ path, target: '#main', swap: 'innerHTML', push: 'false' })
    } else hx.redirect = withFragment(path)
  }

  document.addEventListener('htmx:error', ({ detail: { ctx, error } }) => {
    if (error?.name !== 'AbortError' && !appCore.isPoll(ctx)) appCore.showError(NO_ANSWER)
  })

  /**
   * A message of a new page gets the focus, so that screen readers announce it and the keyboard goes on from there. If a field
   * has the focus, another live region repeats the message: screen readers announce one only when it changes.
   */
  function announceFlash() {
    const message = document.getElementById('flash').textContent
    if (!message) return
    // On a slow connection the user may already type when this script arrives.
    const isFocusFree = document.activeElement === document.body && !document.querySelector('[autofocus]')
    if (isFocusFree) return focusContent()
    const status = document.createElement('p')
    status.className = 'visually-hidden'
    status.setAttribute('role', 'status')
    document.body.append(status)
    setTimeout(() => (status.textContent = message), 300)
  }

  announceFlash()

  // This page has no session, so other tabs check theirs.
  if (!document.getElementById('countdown')) appCore.channel?.postMessage({ kind: 'no-session' })
}
