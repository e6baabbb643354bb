// One tab receives the events for all tabs: browsers open at most six HTTP/1.1 connections per site.
const sessionEvents = {}
{
  const RETRY_AFTER = 60_000 // after a refused connection, in milliseconds
  let isLeader = false
  let source
  let timer
  let broadcast
  let onRefused
  let releaseLock = () => undefined

  sessionEvents.start = (broadcastMessage, handleRefused) => {
    ;[broadcast, onRefused] = [broadcastMessage, handleRefused]
    if (navigator.locks) return navigator.locks.request('session-events', becomeLeader)
    isLeader = true
    sessionEvents.connect()
  }

  const becomeLeader = () =>
    new Promise((release) => {
      releaseLock = release
      isLeader = true
      sessionEvents.connect()
      addEventListener('pagehide', sessionEvents.disconnect)
    })

  sessionEvents.disconnect = () => {
    isLeader = false
    closeSource()
    releaseLock()
  }

  /** `isNewSession` replaces an open stream, which belongs to the session before. */
  sessionEvents.connect = (isNewSession) => {
    if (!isLeader || (source && !isNewSession)) return
    closeSource()
    source = new EventSource('/session/stream')
    source.addEventListener('connected', ({ lastEventId }) => broadcast({ kind: 'connected', lastEventId }))
    source.addEventListener('security-event', () => broadcast({ kind: 'security-event' }))
    source.addEventListener('session-ended', ({ data }) => {
      closeSource()
      broadcast({ kind: 'session-ended', ...JSON.parse(data) })
    })
    source.addEventListener('error', ({ target }) => {
      if (target !== source || target.readyState !== EventSource.CLOSED) return // the browser reconnects by itself
      timer = setTimeout(() => sessionEvents.connect(true), RETRY_AFTER)
      onRefused()
    })
  }

  function closeSource() {
    clearTimeout(timer)
    source?.close()
    source = undefined
  }
}
