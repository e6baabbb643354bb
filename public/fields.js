// Helps with fields: shows a password, counts characters, copies a value, saves codes, removes an error that is being corrected.
{
  /** Submitting hides the password again: browsers remember the values of text fields. */
  function addReveal(input) {
    const button = document.createElement('button')
    button.type = 'button'
    button.className = 'reveal link'
    button.setAttribute('aria-controls', input.id)
    const show = (isShown) => {
      input.type = isShown ? 'text' : 'password'
      button.textContent = isShown ? 'Hide' : 'Show'
      button.setAttribute('aria-label', `${button.textContent} ${input.labels[0].textContent.toLowerCase()}`)
    }
    show(false)
    button.addEventListener('click', () => show(input.type === 'password'))
    input.form?.addEventListener('submit', () => show(false), { capture: true })
    input.after(button)
  }

  /** Shows a hint only. The server checks more, for example lists of common passwords. */
  function addStrengthHint(input) {
    const [count, verdict] = [document.createElement('small'), document.createElement('small')]
    count.className = verdict.className = 'verdict'
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
    })
  }

  const LONG_ENOUGH = 'Long enough.'

  /** Repeats the server's check: without the email address and the name, enough characters must remain. */
  function strengthText(password, form) {
    const { email, name } = form.elements
    const [address, fullName] = [email?.value ?? '', name?.value ?? '']
    const known = [address, fullName, ...address.split(/[^\p{L}\p{N}]+/u), ...fullName.split(/\s+/)]
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
    const caption = code.closest('figure')?.firstElementChild
    button.className = caption ? 'secondary small' : 'secondary'
    button.setAttribute('aria-live', 'polite')
    const show = (text) => {
      button.textContent = text
      button.setAttribute('aria-label', text === 'Copy' ? `Copy ${code.dataset.copy}` : text)
    }
    show('Copy')
    button.addEventListener('click', async () => {
      try {
        await navigator.clipboard.writeText(code.textContent)
        show('Copied')
      } catch {
        getSelection().selectAllChildren(code)
        show('Selected. Copy it now.')
      }
    })
    if (caption) caption.append(button)
    else code.after(button)
  }

  /** For codes that are shown once. */
  function addCodeButtons(list) {
    const text = () => Array.from(list.querySelectorAll('code'), (code) => `${code.textContent}\n`).join('')
    const actions = document.createElement('div')
    actions.className = 'actions'
    const add = (label, act) => {
      const button = document.createElement('button')
      button.type = 'button'
      button.className = 'secondary'
      button.textContent = label
      button.setAttribute('aria-live', 'polite')
      button.addEventListener('click', () => act(button))
      actions.append(button)
    }
    if (navigator.clipboard)
      add('Copy all', async (button) => {
        try {
          await navigator.clipboard.writeText(text())
          button.textContent = 'Copied'
        } catch {
          getSelection().selectAllChildren(list)
          button.textContent = 'Selected. Copy them now.'
        }
      })
    add('Download', () => {
      const link = document.createElement('a')
      link.href = URL.createObjectURL(new Blob([text()], { type: 'text/plain' }))
      link.download = `${list.dataset.codes} recovery codes.txt`
      link.click()
      setTimeout(() => URL.revokeObjectURL(link.href), 60_000) // Safari reads it later
    })
    add('Print', () => print())
    list.nextElementSibling.replaceWith(actions)
  }

  const idsOf = (field) => field.getAttribute('aria-describedby')?.split(' ') ?? []

  /** The error of a field, or of a form, goes when the user edits the field. */
  function removeError({ target }) {
    if (!target.matches?.('[aria-invalid]')) return
    const texts = idsOf(target).map((id) => document.getElementById(id))
    const error = texts.find((one) => one?.matches('.field-error, .form-error'))
    if (!error) return
    for (const field of document.querySelectorAll(`[aria-describedby~="${error.id}"]`)) {
      field.removeAttribute('aria-invalid')
      const others = idsOf(field).filter((id) => id !== error.id)
      if (others.length > 0) field.setAttribute('aria-describedby', others.join(' '))
      else field.removeAttribute('aria-describedby')
    }
    error.remove()
  }

  document.addEventListener('input', removeError)

  appCore.enhance(() => {
    for (const input of document.querySelectorAll('input[type=password]:not([data-enhanced])')) {
      input.dataset.enhanced = ''
      addReveal(input)
      if (input.dataset.minLength) addStrengthHint(input)
    }
    for (const code of document.querySelectorAll('[data-copy]:not([data-enhanced])')) {
      code.dataset.enhanced = ''
      if (navigator.clipboard) addCopy(code)
    }
    for (const list of document.querySelectorAll('[data-codes]:not([data-enhanced])')) {
      list.dataset.enhanced = ''
      addCodeButtons(list)
    }
  })

  /** The address of a sign-up fills the login form of this tab, until a login. It never stands in a URL. */
  const KEY = 'sign-up-email'

  function fillEmail() {
    if (document.getElementById('countdown')) return sessionStorage.removeItem(KEY)
    const fields = document.querySelector('main form:has([name=email]):has([autocomplete=current-password])')?.elements
    const email = sessionStorage.getItem(KEY)
    if (!email || !fields || fields.email.value) return
    fields.email.value = email
    fields.password.focus()
  }

  /** Browsers that block cookies refuse this storage. */
  function tryStorage(use) {
    try {
      use()
    } catch {
      // Then the form starts empty.
    }
  }

  tryStorage(fillEmail)
  addEventListener('submit', ({ target }) => {
    const email = target.querySelector('[autocomplete=new-password]') && target.querySelector('[name=email]')
    if (email) tryStorage(() => sessionStorage.setItem(KEY, email.value))
  })
}
