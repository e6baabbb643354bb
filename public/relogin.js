// Asks for the password in a dialog and repeats the request, so that an expired session loses no input.
const relogin = {}
{
  const REQUEST_TIMEOUT = 60_000 // the default of htmx, in milliseconds
  const dialog = document.getElementById('relogin-dialog')
  const card = document.getElementById('relogin-form')
  let pending // while the dialog is open: a promise and the function that settles it

  const load = (url) => htmx.ajax('GET', url, { source: dialog, target: card, swap: 'innerHTML' })

  /** Resolves to whether the same user is logged in again, or to undefined if the form at `url` did not arrive. */
  relogin.open = (url) => openDialog(() => load(url))

  /** A dialog that is open stays: its password or its second step still counts, but a code alone opens no ended session. */
  relogin.openForEnded = (url) => {
    if (card.querySelector('form[action="/relogin/code"]')) restart(url)
    return relogin.open(url)
  }

  /** For remembered devices, which need no password. */
  relogin.confirmPresence = (onContinue) =>
    openDialog(async () => {
      card.replaceChildren(document.getElementById('still-there').content.cloneNode(true))
      card.querySelector('.continue').addEventListener('click', onContinue)
    })

  /** After a login in another tab. A dialog with a cancel button stays: its session is active and only not fresh. */
  relogin.handleReturn = () => canCancel() || pending?.settle(true)

  relogin.cancel = () => pending?.settle(false)

  relogin.setMessage = (text) => dialog.open && appCore.showErrorIn(dialog, text)

  const canCancel = () => card.querySelector('.cancel') !== null

  function openDialog(fill) {
    if (pending) return pending.promise
    const current = {}
    current.promise = new Promise((resolve) => {
      current.settle = (isLoggedIn) => {
        pending = undefined
        dialog.close()
        card.replaceChildren()
        resolve(isLoggedIn)
      }
    })
    pending = current
    fill().then(() => {
      if (pending !== current) return
      if (!card.hasChildNodes()) return current.settle(undefined)
      dialog.showModal()
      focusForm()
    })
    return current.promise
  }

  const focusForm = () => card.querySelector('[autofocus], button')?.focus()

  /** The step that is shown cannot go on. The page below and its input stay. */
  const restart = (url) => load(url).then(focusForm)

  const isFromDialog = ({ sourceElement }) => dialog.contains(sourceElement)

  const pathOf = (url) => url.split('?')[0]

  function reloginUrlOf({ status, headers }) {
    const url = headers.get('HX-Redirect')
    return status === 401 && url && pathOf(url) === pathOf(dialog.dataset.reloginPath) ? url : undefined
  }

  /** Like `fetch`, but a response that requires a login opens the dialog, and then the request is repeated. */
  async function fetchWithRelogin(ctx, action, request) {
    const response = await fetch(action, request)
    if (!appCore.isOwn(response)) return response
    if (response.headers.has('App-User-Changed')) location.reload()
    if (isFromDialog(ctx)) return handleDialogResponse(response)
    const url = 'X-Poll' in request.headers ? undefined : reloginUrlOf(response)
    if (!url) return response
    if (!(await relogin.open(url))) {
      setTimeout(() => (ctx.request.submitter ?? ctx.sourceElement).focus?.()) // it is still disabled while the dialog closes
      throw new DOMException('the login was canceled', 'AbortError')
    }
    const signal = AbortSignal.timeout?.(REQUEST_TIMEOUT) // the timeout of the first signal includes the login
    return fetchWithRelogin(ctx, action, { ...request, signal })
  }

  const BUSY = 'The server is busy. Please try again.'

  const handled = () => new Response(null, { status: 204, headers: { 'App-Response': 'true' } })

  function handleDialogResponse(response) {
    const target = response.headers.get('HX-Retarget')
    if (target && target !== '#relogin-form') {
      appCore.showError(response.status === 503 ? BUSY : undefined) // an error page would replace the page below
      return handled()
    }
    const url = reloginUrlOf(response)
    if (url) {
      restart(url)
      return handled()
    }
    if (response.status !== 204) return response
    // Restores the page before the repeated request's response is inserted.
    document.dispatchEvent(new Event('session:reauthenticated'))
    pending?.settle(true)
    return handled()
  }

  async function openInsteadOfNavigating(event) {
    const link = event.target.closest('a[data-relogin]')
    if (!link || appCore.opensElsewhere(event)) return
    event.preventDefault()
    if (!(await relogin.open(link.getAttribute('href')))) return
    const returnPath = new URLSearchParams(link.search).get('next')
    if (returnPath) location.assign(returnPath)
    else location.reload()
  }

  document.addEventListener('click', openInsteadOfNavigating)
  card.addEventListener('click', ({ target }) => target.closest('.cancel') && relogin.cancel())
  document.addEventListener('htmx:before:request', ({ detail: { ctx } }) => {
    ctx.request.headers['X-Session-User'] = document.getElementById('countdown').dataset.user
    ctx.fetch = (action, request) => fetchWithRelogin(ctx, action, request)
  })
  // Escape cancels only while the session is active.
  dialog.addEventListener('cancel', (event) => canCancel() || event.preventDefault())
  dialog.addEventListener('close', () => pending && (canCancel() ? relogin.cancel() : dialog.showModal()))
}
