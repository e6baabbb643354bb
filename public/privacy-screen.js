// Private content leaves the DOM, not only the view: a script or an extension could read it there.
const privacyScreen = {}
{
  const main = document.getElementById('main')
  const siteName = document.querySelector('.brand').textContent.trim()
  let hidden // the content of <main>, the page title and the focused element

  privacyScreen.isShown = () => hidden !== undefined

  privacyScreen.show = () => {
    if (hidden) return
    hidden = { content: document.createDocumentFragment(), title: document.title, focus: document.activeElement }
    hidden.content.append(...main.childNodes)
    document.title = siteName
    pageDialog.close()
  }

  privacyScreen.hide = () => {
    if (!hidden) return
    const { content, title, focus } = hidden
    hidden = undefined
    main.replaceChildren(content)
    document.title = title
    setTimeout(() => focus.focus?.()) // a dialog that closes now moves the focus first
  }

  /** Deletes the hidden content: the session ended for good. */
  privacyScreen.discard = () => (hidden = undefined)

  /** Hides the response to a request that was sent before the screen was shown. */
  privacyScreen.capture = () => {
    if (!hidden || !main.hasChildNodes() || document.getElementById('privacy-message')) return
    hidden.content.replaceChildren(...main.childNodes)
    hidden.title = document.title
    document.title = siteName
  }

  privacyScreen.clearMessage = () => document.getElementById('privacy-message')?.remove()

  privacyScreen.setMessage = (text) => {
    if (!hidden) return
    relogin.setMessage(text)
    const message = document.createElement('p')
    message.id = 'privacy-message'
    message.textContent = text
    main.replaceChildren(message)
  }
}
