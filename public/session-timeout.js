// Warns before the session expires, hides the page afterwards, and synchronizes all tabs.
{
  const bar = document.getElementById('countdown')
  const main = document.getElementById('main')
  const WARN_SECONDS = 60
  const NO_CONNECTION = 'No connection to the server. The page is hidden until it returns.'
  const CHECK_INTERVAL = 5000 // milliseconds: a longer timer fires late after the machine was suspended
  const CHECK_TIMEOUT = 30_000
  const MAX_RETRY_DELAY = 60_000
  let expiry = { idle: 0, absolute: 0 } // by the clock of this machine
  let isLoggingOutUntil = 0 // this tab submits the logout form and navigates by itself
  let hasEnded = false
  let failedChecks = 0
  let timer
  let lastClocks = { wall: Date.now(), monotonic: performance.now() }

  let lastFocus // outside of the bar: the field in which the user was typing

  document.addEventListener('focusin', ({ target }) => bar.contains(target) || (lastFocus = target))

  const secondsLeft = () => Math.ceil((Math.min(expiry.idle, expiry.absolute) - Date.now()) / 1000)
  const [time, stayButton] = ['.time', '.stay'].map((selector) => bar.querySelector(selector))
  const status = document.getElementById('countdown-status') // outside the bar: screen readers skip hidden elements

  function setExpiry(idle, absolute) {
    expiry = { idle: Date.now() + idle * 1000, absolute: Date.now() + absolute * 1000 }
    tick()
  }

  function setAndBroadcastExpiry(idle, absolute) {
    setExpiry(idle, absolute)
    appCore.channel?.postMessage({ kind: 'extended', user: bar.dataset.user, idle, absolute })
  }

  function tick() {
    clearTimeout(timer)
    const left = secondsLeft()
    if (left <= 0) return hideAndCheck()
    showCountdown(left)
    timer = setTimeout(wake, left > WARN_SECONDS ? Math.min((left - WARN_SECONDS) * 1000, CHECK_INTERVAL) : 1000)
  }

  /** If the clocks differ, the machine was suspended or its clock was changed: then only the server knows the time left. */
  function wake() {
    const clocks = { wall: Date.now(), monotonic: performance.now() }
    const drift = Math.abs(clocks.wall - lastClocks.wall - (clocks.monotonic - lastClocks.monotonic))
    lastClocks = clocks
    if (hasEnded) return
    if (privacyScreen.isShown()) return check()
    tick()
    if (drift > 2000 && secondsLeft() > 0) check()
  }

  function showCountdown(left) {
    const isNear = left <= WARN_SECONDS && !privacyScreen.isShown()
    if (isNear && bar.hidden)
      status.textContent = `You will be logged out in ${left} seconds, unless you stay logged in.`
    if (!isNear) status.textContent = ''
    if (!isNear && bar.contains(document.activeElement)) (lastFocus?.isConnected ? lastFocus : main).focus()
    bar.hidden = !isNear
    time.textContent = `${Math.floor(left / 60)}:${String(left % 60).padStart(2, '0')}`
  }

  /** GET reads the time left, POST extends the session. `isRepeated`: the previous check also found no session. */
  async function check(method = 'GET', isRepeated = false) {
    try {
      const response = await fetch('/session', { method, signal: AbortSignal.timeout?.(CHECK_TIMEOUT) })
      if (hasEnded) return
      if (!appCore.isOwn(response)) throw new Error('not a response of the app')
      privacyScreen.clearMessage()
      if (response.status === 401)
        return handleExpired(method, response.headers.get('WWW-Authenticate') ?? '', isRepeated)
      if (!response.ok) throw new Error(`${response.status}`)
      if (response.headers.get('Session-User') !== bar.dataset.user) return endHere('other-user')
      const { idle_seconds_left, absolute_seconds_left } = await response.json()
      // Less than one second is left: do not show the page only to hide it again.
      if (Math.min(idle_seconds_left, absolute_seconds_left) === 0) return void setTimeout(check, 1000)
      showContent()
      setAndBroadcastExpiry(idle_seconds_left, absolute_seconds_left)
      sessionEvents.connect()
    } catch {
      retryLater()
    }
  }

  /** Only a hidden page waits for the server. */
  function retryLater() {
    if (!privacyScreen.isShown() || hasEnded) return
    privacyScreen.setMessage(NO_CONNECTION)
    clearTimeout(timer)
    timer = setTimeout(check, Math.min(CHECK_INTERVAL * 2 ** failedChecks++, MAX_RETRY_DELAY))
  }

  function showContent() {
    failedChecks = 0
    privacyScreen.hide()
    relogin.handleReturn()
  }

  /** The challenge names the reason why the session ended, as long as the server knows it. */
  function handleExpired(method, challenge, isRepeated) {
    const [, reason] = /reason="(\w+)"/.exec(challenge) ?? []
    if (reason === 'idle' || reason === 'absolute') return requestRelogin(method)
    if (reason || isRepeated) return endHere(reason ?? 'logout')
    hideAndCheckLater() // another tab may have rotated the token during the request: the next check sends the new one
  }

  function hideAndCheckLater() {
    hideContent()
    setTimeout(() => check('GET', true), 1000)
  }

  function hideContent() {
    clearTimeout(timer)
    bar.hidden = true
    privacyScreen.show()
  }

  function hideAndCheck() {
    hideContent()
    check()
  }

  async function requestRelogin(method) {
    hideContent()
    if (method === 'POST') {
      delete bar.dataset.remembered // the server revoked the remembered device
      relogin.cancel()
    }
    if (bar.dataset.remembered !== undefined) return relogin.confirmPresence(() => check('POST'))
    const isLoggedIn = await relogin.openForEnded(reloginUrl())
    if (isLoggedIn === undefined) retryLater()
    else if (!isLoggedIn) check()
  }

  /** Only a typed password starts a new absolute limit. If that limit is near, the dialog asks for the password. */
  async function extendSession() {
    await check('POST')
    if (secondsLeft() <= WARN_SECONDS && expiry.absolute <= expiry.idle) relogin.open(reloginUrl())
  }

  /** The server ignores a return path that it does not accept, but a request with a longer URL may fail. */
  function reloginUrl() {
    const url = new URL(document.getElementById('relogin-dialog').dataset.reloginPath, location.href)
    const path = location.pathname + location.search
    if (/^\/(?!\/)[^\\]{0,2047}$/.test(path)) url.searchParams.set('next', path)
    return url.pathname + url.search
  }

  /** Deletes the content of this tab, unless the session only expired. */
  function endHere(reason) {
    if (Date.now() < isLoggingOutUntil || hasEnded) return
    if (reason === 'idle' || reason === 'absolute') return hideAndCheck()
    hideContent()
    privacyScreen.discard()
    hasEnded = true
    relogin.cancel()
    sessionEvents.disconnect()
    clearTimeout(timer)
    if (reason === 'logout') {
      main.replaceChildren(document.getElementById('logged-out').content.cloneNode(true))
      main.querySelector('a').addEventListener('click', loadAgain)
      for (const menu of document.querySelectorAll('body > header nav, .side')) menu.remove()
    } else location.reload()
  }

  /** The guard of the page redirects to the login. A link to the same URL with a fragment would only scroll. */
  function loadAgain(event) {
    event.preventDefault()
    location.reload()
  }

  const lastEventOfPage = () => document.querySelector('[data-last-event]')?.dataset.lastEvent
  const dispatchSecurityEvent = () => document.body.dispatchEvent(new Event('security-event'))

  const channelHandlers = {
    extended({ user, idle, absolute }) {
      if (user !== bar.dataset.user) return endHere('other-user')
      showContent()
      setExpiry(idle, absolute)
      sessionEvents.connect()
    },
    'no-session': () => check(),
    'session-ended'({ reason }) {
      if (reason !== 'logout') return endHere(reason)
      // A login in another tab also ends this session, and its cookie arrives later. The same user sees the page again.
      if (Date.now() >= isLoggingOutUntil) hideAndCheckLater()
    },
    // A page that was rendered after the newest event is already up to date.
    connected: ({ lastEventId }) => lastEventOfPage() === lastEventId || dispatchSecurityEvent(),
    'security-event': () => dispatchSecurityEvent(),
    reauthenticated: () => sessionEvents.connect(true),
    poll,
  }

  /** Replaces the events of the stream. */
  function poll() {
    if (document.hidden || hasEnded || privacyScreen.isShown()) return
    check()
    dispatchSecurityEvent()
  }

  function broadcast(message) {
    appCore.channel?.postMessage({ ...message, user: bar.dataset.user })
    channelHandlers[message.kind](message)
  }

  appCore.channel?.addEventListener('message', ({ data }) => {
    const isForAllUsers = data.kind === 'extended' || data.kind === 'no-session'
    if ((isForAllUsers || data.user === bar.dataset.user) && !hasEnded) channelHandlers[data.kind]?.(data)
  })
  setAndBroadcastExpiry(Number(bar.dataset.idle), Number(bar.dataset.absolute))
  stayButton.addEventListener('click', extendSession)
  document.addEventListener('session:reauthenticated', async () => {
    privacyScreen.hide()
    await check()
    broadcast({ kind: 'reauthenticated' })
  })
  document.addEventListener('htmx:after:request', ({ detail: { ctx } }) => {
    const left = ctx.response.headers.get('Session-Expires-In')
    if (left) setAndBroadcastExpiry(...left.split(' ').map(Number))
  })
  document.addEventListener('htmx:before:response', ({ detail: { ctx } }) => {
    if (appCore.isPoll(ctx) && appCore.isOwn(ctx.response.raw) && ctx.response.status === 401) check()
  })
  document.addEventListener('htmx:before:swap', (event) => {
    const isUnasked = privacyScreen.isShown() && appCore.isPoll(event.detail.ctx)
    if (hasEnded || isUnasked) event.preventDefault()
  })
  document.addEventListener('htmx:after:swap', privacyScreen.capture)
  for (const event of ['visibilitychange', 'focus', 'online']) addEventListener(event, () => document.hidden || wake())
  addEventListener('submit', ({ target }) => {
    if (new URL(target.action).pathname === '/logout') isLoggingOutUntil = Date.now() + CHECK_INTERVAL
  })
  sessionEvents.start({ onMessage: broadcast, onRefused: () => privacyScreen.isShown() || check(), poll })

  // If the browser loaded the page in advance, the server has not seen that the user opened it.
  const [navigation] = performance.getEntriesByType('navigation')
  const wasLoadedBefore = navigation?.deliveryType === 'navigational-prefetch' || navigation?.activationStart > 0
  if (document.prerendering) document.addEventListener('prerenderingchange', () => check('POST'))
  else if (wasLoadedBefore) check('POST')
}
