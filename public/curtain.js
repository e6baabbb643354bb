// What is private leaves the page, and comes back as it was for whom it belongs to.
const curtain = {}
{
  const main = document.getElementById('main')
  const siteName = document.querySelector('.brand').textContent.trim()
  let behind // what stood in <main>

  curtain.isDrawn = () => behind !== undefined

  curtain.draw = () => {
    if (behind) return
    behind = { content: document.createDocumentFragment(), title: document.title, focus: document.activeElement }
    behind.content.append(...main.childNodes)
    document.title = siteName
  }

  curtain.open = () => {
    if (!behind) return
    const { content, title, focus } = behind
    behind = undefined
    main.replaceChildren(content)
    document.title = title
    setTimeout(() => focus.focus?.()) // once a dialog has closed, which moves it, too
  }

  /** Nobody comes back to this: it is gone. */
  curtain.take = () => (behind = undefined)

  /** An answer that was on its way when the curtain was drawn belongs behind it. */
  curtain.hold = () => {
    if (!behind || !main.hasChildNodes() || document.getElementById('privacy-message')) return
    behind.content.replaceChildren(...main.childNodes)
    behind.title = document.title
    document.title = siteName
  }

  /** The word in front of it is true no more. */
  curtain.hush = () => document.getElementById('privacy-message')?.remove()

  /** A word in front of it. */
  curtain.say = (text) => {
    relogin.say(text)
    const word = document.createElement('p')
    word.id = 'privacy-message'
    word.className = 'narrow'
    word.textContent = text
    main.replaceChildren(word)
  }
}
