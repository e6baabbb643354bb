// What happens to the account. One tab listens for all of a browser, which has but six connections to a site.
const stream = {}
{
  const LATER = 60_000 // milliseconds, until one tries again where there were too many
  let listens = false
  let source
  let timer
  let tellAll
  let whenRefused
  let leave = () => undefined // and let another tab listen

  /** Listens, once it is this tab's turn. `tell` passes a message on to all tabs; `refused` hears that there is no session. */
  stream.start = (tell, refused) => {
    ;[tellAll, whenRefused] = [tell, refused]
    if (navigator.locks) return navigator.locks.request('session-events', takeTurn)
    listens = true
    stream.hear()
  }

  const takeTurn = () =>
    new Promise((done) => {
      leave = done
      listens = true
      stream.hear()
      addEventListener('pagehide', stream.leave)
    })

  /** Listens no more, and it is another tab's turn. */
  stream.leave = () => {
    listens = false
    stop()
    leave()
  }

  /** Opens the stream, or opens it anew for a session that took the place of another. */
  stream.hear = (anew) => {
    if (!listens || (source && !anew)) return
    stop()
    source = new EventSource('/session/stream')
    const happened = () => tellAll({ kind: 'happened' })
    source.addEventListener('connected', ({ lastEventId }) => tellAll({ kind: 'opened', lastEventId }))
    source.addEventListener('security-event', happened)
    source.addEventListener('session-ended', ({ data }) => {
      stop()
      tellAll({ kind: 'ended', ...JSON.parse(data) })
    })
    source.addEventListener('error', ({ target }) => {
      if (target !== source || target.readyState !== EventSource.CLOSED) return // it comes back by itself
      timer = setTimeout(() => stream.hear(true), LATER)
      whenRefused()
    })
  }

  function stop() {
    clearTimeout(timer)
    source?.close()
    source = undefined
  }
}
