// Opens the page of a link in a dialog: a confirmation.
const pageDialog = {}
{
  const dialog = document.getElementById('page-dialog')
  const content = document.getElementById('page-dialog-content')
  dialog.setAttribute('hx-sync', 'this:replace') // of two links that are clicked quickly, the second one opens

  pageDialog.close = () => {
    dialog.close()
    content.replaceChildren()
  }

  document.addEventListener('click', (event) => {
    const link = event.target.closest('a[data-dialog], a[data-close]')
    if (!link || appCore.opensElsewhere(event)) return
    const closes = link.matches('[data-close]')
    if (closes && !dialog.contains(link)) return // on the page of its own it is a link
    event.preventDefault()
    if (closes) pageDialog.close()
    else htmx.ajax('GET', link.getAttribute('href'), { source: dialog, target: content, swap: 'innerHTML' })
  })

  // The second click of a double click on the link must not confirm.
  dialog.addEventListener('click', (event) => event.detail > 1 && event.preventDefault(), { capture: true })

  const isForDialog = ({ target }) => target === content || target === '#page-dialog-content'

  document.addEventListener('htmx:before:swap', (event) => {
    const { ctx, tasks } = event.detail
    if (isForDialog(ctx)) return privacyScreen.isShown() && event.preventDefault()
    if (!dialog.open || appCore.isPoll(ctx) || document.getElementById('relogin-dialog').contains(ctx.sourceElement))
      return
    if (ctx.target !== '#flash') return pageDialog.close() // the page below shows the result
    event.preventDefault()
    appCore.showErrorIn(dialog, tasks[0].fragment.textContent)
  })

  document.addEventListener('htmx:after:swap', ({ detail: { ctx } }) => {
    if (isForDialog(ctx) && content.hasChildNodes() && !dialog.open) dialog.showModal()
  })

  dialog.addEventListener('close', () => content.replaceChildren())
}
