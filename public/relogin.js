// Nothing is lost when a session has ended: the password is asked for over the page, and then the very request goes through.
const relogin = {}
{
  const dialog = document.getElementById('relogin-dialog')
  const card = document.getElementById('relogin-form')
  let asked // while somebody is asked: the promise of an answer, and how it is kept

  /** Asks for the password, at the address that the server names. Resolves to whether the same person is back. */
  relogin.ask = (address) => open(() => htmx.ajax('GET', address, { source: dialog, target: card, swap: 'innerHTML' }))

  /** Asks whether somebody is there, where no password is needed. */
  relogin.await = (answer) =>
    open(async () => {
      card.replaceChildren(document.getElementById('still-there').content.cloneNode(true))
      card.querySelector('.continue').addEventListener('click', answer)
    })

  /** They are back, in another tab. Whoever is asked to prove it once more, on a session that lives, still is. */
  relogin.isBack = () => canCancel() || asked?.settle(true)

  /** Nobody is asked any more. */
  relogin.stop = () => asked?.settle(false)

  /** A word in the dialog, where one is open. */
  relogin.say = (text) => {
    if (!dialog.open) return
    const word = card.querySelector('#relogin-message') ?? document.createElement('p')
    word.id = 'relogin-message'
    word.className = 'mistake'
    word.setAttribute('role', 'alert')
    word.textContent = text
    card.prepend(word)
  }

  const canCancel = () => card.querySelector('.cancel') !== null

  function open(fill) {
    if (asked) return asked.promise
    const opened = {}
    opened.promise = new Promise((resolve) => {
      opened.settle = (isHere) => {
        asked = undefined
        dialog.close()
        card.replaceChildren()
        resolve(isHere)
      }
    })
    asked = opened
    fill().then(() => {
      if (asked !== opened) return
      if (!card.hasChildNodes()) return opened.settle(false) // no answer came
      dialog.showModal()
      card.querySelector('[autofocus], button')?.focus()
      card.querySelector('.cancel')?.addEventListener('click', relogin.stop)
    })
    return opened.promise
  }

  const isFromDialog = ({ sourceElement }) => dialog.contains(sourceElement)

  /** Where the server would send whom it does not know any more, if that is the page that asks for their password. */
  function wayBack({ status, headers }) {
    const to = headers.get('HX-Redirect')
    return status === 401 && to && to.split('?')[0] === dialog.dataset.reloginPath ? to : undefined
  }

  /** As fetch, but for what comes back when the session has ended: then it asks for the password, and asks again. */
  async function insist(ctx, action, request) {
    const response = await fetch(action, request)
    if (response.status === 409) location.reload() // somebody else is logged in by now
    if (isFromDialog(ctx)) return closeWith(response)
    const way = 'X-Poll' in request.headers ? undefined : wayBack(response)
    if (!way) return response
    if (!(await relogin.ask(way))) {
      setTimeout(() => (ctx.request.submitter ?? ctx.sourceElement).focus?.()) // it was disabled while the dialog closed
      throw new DOMException('the password was not typed', 'AbortError')
    }
    return insist(ctx, action, { ...request, signal: undefined }) // its time began before the password was asked for
  }

  const BUSY = 'The server is busy. Please try again.'

  /** The dialog's own request succeeded: the person is back, and stays where they are. */
  function closeWith(response) {
    if (response.status === 503 && dialog.open) {
      relogin.say(BUSY) // the page's own place for words is behind the dialog
      return new Response(null, { status: 204 })
    }
    if (response.status !== 204) return response
    document.dispatchEvent(new Event('session:renewed')) // first, so that the page is whole again before an answer lands in it
    asked?.settle(true)
    return new Response(null, { status: 204 })
  }

  /** A link to the page that asks for the password: it is asked for here, and then leads on. */
  async function followHere(event) {
    const link = event.target.closest('a[data-relogin]')
    if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return
    event.preventDefault()
    if (await relogin.ask(link.getAttribute('href'))) location.assign(new URLSearchParams(link.search).get('next'))
  }

  document.addEventListener('click', followHere)
  document.addEventListener('htmx:before:request', ({ detail: { ctx } }) => {
    ctx.request.headers['X-Session-User'] = document.getElementById('countdown').dataset.user // whose page this is
    ctx.fetch = (action, request) => insist(ctx, action, request)
  })
  // Escape goes back to the page, as long as there is a session to go back to.
  dialog.addEventListener('cancel', (event) => canCancel() || event.preventDefault())
  dialog.addEventListener('close', () => asked && (canCancel() ? relogin.stop() : dialog.showModal()))
}
