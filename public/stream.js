// What happens to the account. One tab listens for all of a browser, which has but six connections to a site.
const stream = {}
{
  const LATER = 60_000 // milliseconds, until one tries again where there were too many
  let listens = false
  let source
  let tellAll
  let isRefused

  /** Listens, once it is this tab's turn. `tell` passes a message on to all tabs; `refused` hears that there is no session. */
  stream.start = (tell, refused) => {
    ;[tellAll, isRefused] = [tell, refused]
    if (navigator.locks) return navigator.locks.request('latchkey-stream', takeTurn)
    listens = true
    stream.hear()
  }

  /** Until the page goes away; then it is another tab's turn. */
  const takeTurn = () =>
    new Promise((done) => {
      listens = true
      stream.hear()
      addEventListener('pagehide', () => {
        stop()
        done()
      })
    })

  /** Opens the stream, or opens it anew for a session that took the place of another. */
  stream.hear = (anew) => {
    if (!listens || (source && !anew)) return
    stop()
    source = new EventSource('/session/stream')
    const happened = () => tellAll({ kind: 'happened' })
    source.addEventListener('opened', happened) // something may have, since the page was made
    source.addEventListener('happened', happened)
    source.addEventListener('ended', ({ data }) => {
      stop()
      tellAll({ kind: 'ended', ...JSON.parse(data) })
    })
    source.addEventListener('error', ({ target }) => {
      if (target !== source || target.readyState !== EventSource.CLOSED) return // it comes back by itself
      setTimeout(stop, LATER)
      isRefused()
    })
  }

  function stop() {
    source?.close()
    source = undefined
  }
}
