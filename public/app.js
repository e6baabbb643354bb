// The little script of our own. Every page and form works without it.
{
  // Trusted Types: what htmx swaps in goes through this one policy, and a script that somebody smuggled into it comes out empty.
  const policy = globalThis.trustedTypes?.createPolicy('htmx', { createHTML: (html) => html, createScript: () => '' })
  htmx.registerExtension('trusted-types', { init: (api) => policy && api.initSecurity(policy) })

  // A page out of the back-forward cache may be older than its session, so it is blank when left and loaded anew.
  addEventListener('pagehide', (event) => event.persisted && document.documentElement.classList.add('left'))
  addEventListener('pageshow', (event) => event.persisted && location.reload())

  /** A button that shows what was typed into a password field; before the form is sent it is hidden again. */
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

  /** Says while typing how far it is to a password that the server takes. The server's own check knows more. */
  function addStrengthHint(input) {
    const [count, verdict] = [document.createElement('small'), document.createElement('small')]
    count.setAttribute('aria-hidden', 'true') // read out at each key it would be a nuisance
    verdict.setAttribute('role', 'status')
    input.parentElement.append(count, verdict)
    input.addEventListener('input', () => {
      const typed = [...input.value.normalize('NFKC')]
      const missing = Number(input.dataset.minLength) - typed.length
      const said = missing > 0 ? '' : judge(typed.join(''), input.form)
      count.textContent =
        typed.length > 0 && missing > 0 ? `${missing} more ${missing === 1 ? 'character' : 'characters'} needed.` : ''
      if (verdict.textContent !== said) verdict.textContent = said
      verdict.classList.toggle('good', said === GOOD)
      input.parentElement.querySelector('.mistake')?.toggleAttribute('hidden', typed.length > 0) // it was about the last one
    })
  }

  const GOOD = 'Long enough.'

  /** As the server strikes out what others know: whatever is left has to be enough. */
  function judge(password, form) {
    const { email, name } = form.elements
    const known = [
      email.value,
      name?.value ?? '',
      ...email.value.split(/[^\p{L}\p{N}]+/u),
      ...(name?.value ?? '').split(/\s+/),
    ]
    const words = known.filter((word) => word.length > 2).toSorted((a, b) => b.length - a.length)
    const rest = words.reduce((text, word) => text.replaceAll(word.toLowerCase(), ''), password.toLowerCase())
    const isOwn = rest.length < password.length && rest.replace(/[^\p{L}\p{N}]/gu, '').length < 6
    if (isOwn) return 'Long enough, but too similar to your email address or name.'
    return new Set(password).size < 6 ? 'Long enough, but too repetitive.' : GOOD
  }

  /** A button that puts a text on the clipboard; selecting it by hand does as well. */
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

  const inYourTime = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium', timeStyle: 'short' })

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
    for (const time of document.querySelectorAll('time')) time.textContent = inYourTime.format(new Date(time.dateTime))
  }

  document.addEventListener('htmx:after:swap', () => {
    enhance()
    const main = document.getElementById('main')
    if (document.activeElement === document.body) main.focus() // the focus was on what is gone
  })

  const UNANSWERED = 'No answer from the server. Your input is still here. Check your connection and try again.'

  document.addEventListener('htmx:error', () => {
    const flash = document.getElementById('flash')
    if (!flash || document.getElementById('relogin-dialog')?.open) return relogin.say(UNANSWERED)
    flash.className = 'error'
    flash.setAttribute('role', 'alert')
    flash.textContent = UNANSWERED
  })

  /** A message that comes with the page is seen, but not read out: so it is said once more, where only a screen reader hears. */
  function sayFlash() {
    const words = document.getElementById('flash').textContent
    const voice = document.createElement('p')
    voice.className = 'unseen'
    voice.setAttribute('role', 'status')
    document.body.append(voice)
    if (words) setTimeout(() => (voice.textContent = words), 300)
  }

  enhance()
  sayFlash()

  // The pages of somebody who was logged in until now cover themselves.
  if (!document.getElementById('countdown')) new BroadcastChannel('session').postMessage({ kind: 'nobody' })
}
