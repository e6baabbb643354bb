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
    input.before(button)
  }

  /** Says while typing how far it is to a password that the server takes. The server's own check knows more. */
  function addStrengthHint(input) {
    const hint = document.createElement('small')
    hint.className = 'strength'
    hint.setAttribute('role', 'status')
    input.after(hint)
    input.addEventListener('input', () => {
      const typed = [...input.value.normalize('NFKC')]
      const missing = Number(input.dataset.minLength) - typed.length
      hint.textContent = typed.length === 0 ? '' : missing > 0 ? `${missing} more to go.` : judge(typed, input.form)
      hint.classList.toggle('reached', typed.length > 0 && missing <= 0)
      hint.parentElement.querySelector('.mistake')?.toggleAttribute('hidden', typed.length > 0) // it was about the last one
    })
  }

  function judge(typed, form) {
    const text = typed.join('').toLowerCase()
    const own = [form.elements.email?.value, form.elements.email?.value.split('@')[0], form.elements.name?.value]
    if (own.some((word) => word?.length > 2 && text.includes(word.toLowerCase())))
      return 'Long enough, but it is made of your own address or name.'
    if (new Set(text).size < 6) return 'Long enough, but it repeats itself.'
    return 'Long enough. Words that have nothing to do with each other make it strong.'
  }

  const inYourTime = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium', timeStyle: 'short' })

  function enhance() {
    for (const input of document.querySelectorAll('input[type=password]:not([data-enhanced])')) {
      input.dataset.enhanced = ''
      addReveal(input)
      if (input.dataset.minLength) addStrengthHint(input)
    }
    for (const time of document.querySelectorAll('time')) time.textContent = inYourTime.format(new Date(time.dateTime))
  }

  document.addEventListener('htmx:after:swap', () => {
    enhance()
    const main = document.getElementById('main')
    if (document.activeElement === document.body) main.focus() // the focus was on what is gone
  })

  document.addEventListener('htmx:error', () => {
    const flash = document.getElementById('flash')
    flash.className = 'error'
    flash.setAttribute('role', 'alert')
    flash.textContent = 'The server did not answer. Nothing is lost: check your connection and try again.'
  })

  enhance()
}
