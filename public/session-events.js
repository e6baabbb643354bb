// One tab receives the events for all tabs: browsers open at most six HTTP/1.1 connections per site.
const sessionEvents = {}
{
  const RETRY_AFTER = 60_000 // after a refused connection, in milliseconds
  const POLL_INTERVAL = 10_000
  let isLeader = false
  let source
  let timer
  let polling
  let handlers
  let releaseLock = () => undefined

  /** `onMessage` receives messages for all tabs, `poll` asks the server for this tab, `onRefused` follows a refused stream. */
  sessionEvents.start = (given) => {
    handlers = given
    // Only https and localhost have locks. Without them each tab would open a stream, and the seventh tab would hang.
    if (!navigator.locks || !appCore.channel) return startPolling(handlers.poll)
    navigator.locks.request('session-events', becomeLeader).catch(() => startPolling(handlers.poll))
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
    clearInterval(polling)
    closeSource()
    releaseLock()
  }

  /** `isNewSession` replaces an open stream, which belongs to the session before. */
  sessionEvents.connect = (isNewSession) => {
    if (!isLeader || polling || (source && !isNewSession)) return
    closeSource()
    source = new EventSource('/session/stream')
    source.addEventListener('connected', ({ lastEventId }) => handlers.onMessage({ kind: 'connected', lastEventId }))
    source.addEventListener('security-event', () => handlers.onMessage({ kind: 'security-event' }))
    source.addEventListener('session-ended', ({ data }) => {
      closeSource()
      handlers.onMessage({ kind: 'session-ended', ...JSON.parse(data) })
    })
    // Connecting again would replace the stream of another browser, which would do the same.
    source.addEventListener('replaced', () => {
      closeSource()
      startPolling(() => handlers.onMessage({ kind: 'poll' }))
    })
    source.addEventListener('error', ({ target }) => {
      if (target !== source || target.readyState !== EventSource.CLOSED) return // the browser reconnects by itself
      timer = setTimeout(() => sessionEvents.connect(true), RETRY_AFTER)
      handlers.onRefused()
    })
  }

  function startPolling(poll) {
    polling = setInterval(poll, POLL_INTERVAL)
    document.addEventListener('visibilitychange', poll)
  }

  function closeSource() {
    clearTimeout(timer)
    source?.close()
    source = undefined
  }
}
