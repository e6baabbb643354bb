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

  /** Submitting hides the password again: browsers remember the values of text fields. */
  function addReveal(input) {
    const button = document.createElement('button')
    button.type = 'button'
    button.className = 'reveal'
    button.setAttribute('aria-controls', input.id)
    const show = (isShown) => {
      input.type = isShown ? 'text' : 'password'
      button.textContent = isShown ? 'Hide' : 'Show'
      button.setAttribute('aria-label', `${button.textContent} ${input.labels[0].textContent.toLowerCase()}`)
    }
    show(false)
    button.addEventListener('click', () => show(input.type === 'password'))
    input.form.addEventListener('submit', () => show(false), { capture: true })
    input.after(button)
  }

  /** Shows a hint only. The server checks more, for example lists of common passwords. */
  function addStrengthHint(input) {
    const [count, verdict] = [document.createElement('small'), document.createElement('small')]
    count.setAttribute('aria-hidden', 'true') // a screen reader would announce it after every key
    verdict.setAttribute('role', 'status')
    input.parentElement.append(count, verdict)
    input.addEventListener('input', () => {
      const characters = [...input.value.normalize('NFKC')]
      const missing = Number(input.dataset.minLength) - characters.length
      const text = missing > 0 ? '' : strengthText(characters.join(''), input.form)
      count.textContent =
        characters.length > 0 && missing > 0
          ? `${missing} more ${missing === 1 ? 'character' : 'characters'} needed.`
          : ''
      if (verdict.textContent !== text) verdict.textContent = text
      verdict.classList.toggle('good', text === LONG_ENOUGH)
      input.parentElement.querySelector('.field-error')?.toggleAttribute('hidden', characters.length > 0)
    })
  }

  const LONG_ENOUGH = 'Long enough.'

  /** Repeats the server's check: without the email address and the name, enough characters must remain. */
  function strengthText(password, form) {
    const { email, name } = form.elements
    const known = [
      email.value,
      name?.value ?? '',
      ...email.value.split(/[^\p{L}\p{N}]+/u),
      ...(name?.value ?? '').split(/\s+/),
    ]
    const words = known.filter((word) => word.length > 2).toSorted((a, b) => b.length - a.length)
    const rest = words.reduce((text, word) => text.replaceAll(word.toLowerCase(), ''), password.toLowerCase())
    const isTooSimilar = rest.length < password.length && rest.replace(/[^\p{L}\p{N}]/gu, '').length < 6
    if (isTooSimilar) return 'Long enough, but too similar to your email address or name.'
    if (new Set(password).size < 6) return 'Long enough, but too repetitive.'
    return password.trim() === password ? LONG_ENOUGH : 'Long enough. It starts or ends with a space.'
  }

  function addCopy(code) {
    const button = document.createElement('button')
    button.type = 'button'
    button.className = 'copy'
    button.textContent = 'Copy'
    button.addEventListener('click', async () => {
      try {
        await navigator.clipboard.writeText(code.textContent)
        button.textContent = 'Copied'
      } catch {
        getSelection().selectAllChildren(code)
        button.textContent = 'Selected. Copy it now.'
      }
    })
    code.after(button)
  }

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

  const localTimeFormat = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium', timeStyle: 'short' })

  function enhance() {
    for (const input of document.querySelectorAll('input[type=password]:not([data-enhanced])')) {
      input.dataset.enhanced = ''
      addReveal(input)
      if (input.dataset.minLength) addStrengthHint(input)
    }
    for (const code of document.querySelectorAll('[data-copy]:not([data-enhanced])')) {
      code.dataset.enhanced = ''
      if (navigator.clipboard) addCopy(code)
    }
    keepFragments()
    for (const time of document.querySelectorAll('time'))
      time.textContent = localTimeFormat.format(new Date(time.dateTime))
  }

  document.addEventListener('htmx:after:swap', () => {
    enhance()
    const main = document.getElementById('main')
    if (document.activeElement === document.body) main.focus() // the swap removed the focused element
  })

  const NO_ANSWER = 'No answer from the server. Your input is still here. Check your connection and try again.'
  const TOO_LARGE = 'Your input is too large. It is still here. Shorten it and try again.'
  const UNEXPECTED = 'The server did not respond as expected. Your input is still here. Please try again in a moment.'

  /** Shows a message above the form, or in the open dialog. */
  appCore.showError = (text = UNEXPECTED) => {
    const flash = document.getElementById('flash')
    if (!flash || document.getElementById('relogin-dialog')?.open) return relogin.setMessage(text)
    flash.className = 'error'
    flash.setAttribute('role', 'alert')
    flash.textContent = text
    flash.scrollIntoView({ block: 'nearest' })
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
      if (ctx.hx.redirect) ctx.hx.redirect = withFragment(ctx.hx.redirect)
      return
    }
    event.preventDefault()
    ctx.hx = {} // htmx would trigger the events of `HX-Trigger`
    if (!appCore.isPoll(ctx)) appCore.showError(status === 413 ? TOO_LARGE : UNEXPECTED)
  })

  document.addEventListener('htmx:error', ({ detail: { ctx, error } }) => {
    if (error?.name !== 'AbortError' && !appCore.isPoll(ctx)) appCore.showError(NO_ANSWER)
  })

  /** Screen readers announce a live region only when it changes, so the message of a new page is inserted again. */
  function announceFlash() {
    const message = document.getElementById('flash').textContent
    const status = document.createElement('p')
    status.className = 'visually-hidden'
    status.setAttribute('role', 'status')
    document.body.append(status)
    if (message) setTimeout(() => (status.textContent = message), 300)
  }

  enhance()
  announceFlash()

  // This page has no session, so other tabs check theirs.
  if (!document.getElementById('countdown')) appCore.channel?.postMessage({ kind: 'no-session' })
}
