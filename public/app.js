// Progressive enhancement: every page and form works without this script.
{
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
    for (const time of document.querySelectorAll('time'))
      time.textContent = localTimeFormat.format(new Date(time.dateTime))
  }

  document.addEventListener('htmx:after:swap', () => {
    enhance()
    const main = document.getElementById('main')
    if (document.activeElement === document.body) main.focus() // the swap removed the focused element
  })

  const NO_ANSWER = 'No answer from the server. Your input is still here. Check your connection and try again.'

  document.addEventListener('htmx:error', () => {
    const flash = document.getElementById('flash')
    if (!flash || document.getElementById('relogin-dialog')?.open) return relogin.setMessage(NO_ANSWER)
    flash.className = 'error'
    flash.setAttribute('role', 'alert')
    flash.textContent = NO_ANSWER
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
  if (!document.getElementById('countdown')) new BroadcastChannel('session').postMessage({ kind: 'no-session' })
}
