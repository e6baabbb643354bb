// Opens the page of a link in a dialog: a confirmation.
const pageDialog = {}
{
  const dialog = document.getElementById('page-dialog')
  const content = document.getElementById('page-dialog-content')

  pageDialog.close = () => {
    dialog.close()
    content.replaceChildren()
  }

  document.addEventListener('click', (event) => {
    const link = event.target.closest('a[data-dialog], a[data-close]')
    if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return
    const isInDialog = dialog.contains(link)
    if (link.matches('[data-close]') && !isInDialog) return // on the page of its own it is a link
    event.preventDefault()
    if (isInDialog) pageDialog.close()
    else htmx.ajax('GET', link.getAttribute('href'), { source: link, target: content, swap: 'innerHTML' })
  })

  document.addEventListener('htmx:after:swap', ({ detail: { ctx } }) => {
    if (ctx.target !== content) {
      if (dialog.open && dialog.contains(ctx.sourceElement)) pageDialog.close() // the page below shows the result
    } else if (!dialog.open && content.hasChildNodes()) dialog.showModal()
  })

  dialog.addEventListener('close', () => content.replaceChildren())
}
