// Nothing is lost when a session has ended: the password is asked for over the page, and then the very request goes through.
const relogin = {}
{
  const dialog = document.getElementById('again')
  const card = document.getElementById('again-card')
  let asked // while the password is asked for: the promise of it, and how it is kept

  /** Asks for the password, at the address that the server names. Resolves to whether the same person is back. */
  relogin.ask = (address) => {
    asked ??= open(() => htmx.ajax('GET', address, { source: dialog, target: card, swap: 'innerHTML' }))
    return asked.promise
  }

  /** Covers the page until somebody says that they are there. Resolves once they have. */
  relogin.await = (askWhetherHere) => {
    asked ??= open(async () => {
      card.replaceChildren(document.getElementById('away').content.cloneNode(true))
      card.querySelector('.continue').addEventListener('click', askWhetherHere)
    })
    return asked.promise
  }

  /** Somebody proved elsewhere, in another tab, that they are here. */
  relogin.settle = (isHere) => asked?.settle(isHere)

  function open(fill) {
    const opened = {}
    opened.promise = new Promise((resolve) => {
      opened.settle = (isHere) => {
        asked = undefined
        dialog.close()
        card.replaceChildren()
        resolve(isHere)
      }
    })
    fill().then(() => {
      if (asked !== opened || !card.hasChildNodes()) return
      dialog.showModal()
      card.querySelector('[autofocus], button')?.focus()
      card.querySelector('.cancel')?.addEventListener('click', () => opened.settle(false))
    })
    return opened
  }

  // A link to the page that asks for the password: it is asked for here, and then leads on.
  document.addEventListener('click', async (event) => {
    const link = event.target.closest('a[data-again]')
    if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return
    event.preventDefault()
    if (await relogin.ask(link.getAttribute('href'))) location.assign(new URLSearchParams(link.search).get('next'))
  })

  // Escape goes back to the page, as long as there is still a session to go back to.
  dialog?.addEventListener('cancel', (event) => {
    event.preventDefault()
    if (card.querySelector('.cancel')) relogin.settle(false)
  })

  const isFromDialog = ({ sourceElement }) => dialog.contains(sourceElement)

  /** Where the server would send whom it does not know any more, if that is the page that asks for their password. */
  function wayBack({ status, headers }) {
    const to = headers.get('HX-Redirect')
    return status === 401 && to && to.split('?')[0] === dialog.dataset.path ? to : undefined
  }

  /** As fetch, but for what comes back when the session has ended: then it asks for the password, and asks again. */
  async function insist(ctx, action, request) {
    const response = await fetch(action, request)
    if (isFromDialog(ctx)) return closeWith(response)
    const way = 'X-Poll' in request.headers ? undefined : wayBack(response)
    if (!way) return response
    if (!(await relogin.ask(way))) throw new DOMException('the password was not typed', 'AbortError')
    return insist(ctx, action, { ...request, signal: undefined }) // its time began before the password was asked for
  }

  /** The dialog's own request succeeded: the person is back, and stays where they are. */
  function closeWith(response) {
    if (response.status !== 204) return response
    relogin.settle(true)
    document.dispatchEvent(new Event('session:renewed'))
    return new Response(null, { status: 204 })
  }

  if (dialog)
    document.addEventListener('htmx:before:request', ({ detail: { ctx } }) => {
      ctx.request.headers['X-In-Place'] = '1'
      ctx.fetch = (action, request) => insist(ctx, action, request)
    })
}
