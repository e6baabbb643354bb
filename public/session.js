// How long the session still lasts, told truly and by all tabs alike, and what happens to the account meanwhile.
{
  const bar = document.getElementById('countdown')
  const main = document.getElementById('main')
  const channel = new BroadcastChannel('session')
  const WARN = 60 // seconds before the end
  const UNANSWERED = 'No connection to the server. The page is hidden until it returns.'
  const LOOK = 5000 // milliseconds: a timer that is set for long sleeps on after the machine has woken
  let ends = { idle: 0, absolute: 0 } // by this machine's clock
  let leavingUntil = 0 // this page is on its way out by itself
  let isOver = false // nothing that happens matters here any more
  let timer
  let last = { wall: Date.now(), steady: performance.now() }

  const here = () => location.pathname.replace(/^\/+/, '/') + location.search // of //host only this site's part
  const secondsLeft = () => Math.ceil((Math.min(ends.idle, ends.absolute) - Date.now()) / 1000)
  const [time, stay] = ['.time', '.stay'].map((part) => bar.querySelector(part))
  const voice = document.getElementById('countdown-status') // outside the bar: what is hidden is not read out

  /** The server's word: how many seconds are left, from now. */
  function learn(idle, absolute) {
    ends = { idle: Date.now() + idle * 1000, absolute: Date.now() + absolute * 1000 }
    tick()
  }

  /** The same, for all tabs. */
  function learnAndTell(idle, absolute) {
    learn(idle, absolute)
    channel.postMessage({ kind: 'alive', user: bar.dataset.user, idle, absolute })
  }

  function tick() {
    clearTimeout(timer)
    const left = secondsLeft()
    if (left <= 0) return end()
    show(left)
    timer = setTimeout(wake, left > WARN ? Math.min((left - WARN) * 1000, LOOK) : 1000)
  }

  /** Clocks that disagree were moved, or one of them slept: then the server's counts. */
  function wake() {
    const now = { wall: Date.now(), steady: performance.now() }
    const drift = Math.abs(now.wall - last.wall - (now.steady - last.steady))
    last = now
    if (isOver) return
    tick()
    if (drift > 2000 && secondsLeft() > 0) check()
  }

  function show(left) {
    const isNear = left <= WARN && !curtain.isDrawn()
    if (isNear && bar.hidden)
      voice.textContent = `You will be logged out in ${left} seconds, unless you stay logged in.`
    if (!isNear) voice.textContent = ''
    if (!isNear && bar.contains(document.activeElement)) main.focus()
    bar.hidden = !isNear
    time.textContent = `${Math.floor(left / 60)}:${String(left % 60).padStart(2, '0')}`
  }

  /** Asks how long it lasts (GET), or for it to last (POST). `isSure` where nobody was found here just before, too. */
  async function check(method = 'GET', isSure = false) {
    try {
      const response = await fetch('/session', { method })
      if (isOver) return
      curtain.hush()
      if (response.status === 401) return goBy(method, response.headers.get('WWW-Authenticate') ?? '', isSure)
      if (!response.ok) throw new Error(`${response.status}`)
      if (response.headers.get('Session-User') !== bar.dataset.user) return leave('other-user')
      const { idle_seconds_left, absolute_seconds_left } = await response.json()
      // In its last second, of which nothing whole is left, it is not worth uncovering anything.
      if (Math.min(idle_seconds_left, absolute_seconds_left) === 0) return void setTimeout(check, 1000)
      curtain.open()
      relogin.isBack()
      learnAndTell(idle_seconds_left, absolute_seconds_left)
      stream.hear()
    } catch {
      if (!curtain.isDrawn() || isOver) return
      curtain.say(UNANSWERED)
      setTimeout(check, LOOK) // what is covered stays covered
    }
  }

  /** The server tells why a session is over, as long as it knows. */
  function goBy(method, challenge, isSure) {
    const [, reason] = /reason="(\w+)"/.exec(challenge) ?? []
    if (reason === 'idle' || reason === 'absolute') return askWhoIsHere(method)
    if (reason || isSure) return leave(reason ?? 'logout')
    cover() // the token may have been changed while this was on its way: then the next answer knows it
    setTimeout(() => check('GET', true), 1000)
  }

  function cover() {
    bar.hidden = true
    curtain.draw()
  }

  function end() {
    cover()
    check()
  }

  /** The session is over. Whoever comes back finds the page as they left it, if they are who left it. */
  async function askWhoIsHere(method) {
    cover()
    if (method === 'POST') {
      delete bar.dataset.remembered // the device was forgotten meanwhile
      relogin.stop()
    }
    if (bar.dataset.remembered !== undefined) return relogin.await(() => check('POST'))
    if (!(await relogin.ask(askingPath()))) setTimeout(check, LOOK)
  }

  /** Being here is enough, unless the session has lasted as long as it may: then only the password begins it anew. */
  async function stayHere() {
    await check('POST')
    if (secondsLeft() <= WARN && ends.absolute <= ends.idle) relogin.ask(askingPath())
  }

  const askingPath = () => `${document.getElementById('relogin-dialog').dataset.reloginPath}?next=${encodeURIComponent(here())}`

  /** Somebody ended the session: nothing of it stays here. */
  function leave(reason) {
    if (Date.now() < leavingUntil || isOver) return
    if (reason === 'idle' || reason === 'absolute') return end()
    cover()
    curtain.take()
    isOver = true
    relogin.stop()
    stream.leave()
    clearTimeout(timer)
    if (reason === 'logout') {
      main.replaceChildren(document.getElementById('logged-out').content.cloneNode(true))
      main.querySelector('a').href = location.href
      document.querySelector('body > header nav').hidden = true
    } else location.replace(reason === 'other-user' ? location.href : askingPath())
  }

  const lastEventOfPage = () => document.querySelector('[data-last-event]')?.dataset.lastEvent
  const announceEvent = () => document.body.dispatchEvent(new Event('happened'))

  const heard = {
    alive({ user, idle, absolute }) {
      if (user !== bar.dataset.user) return leave('other-user')
      curtain.open()
      relogin.isBack()
      learn(idle, absolute)
      stream.hear()
    },
    nobody: () => check(),
    ended: ({ reason }) => leave(reason),
    // A page that was rendered after the newest event is already up to date.
    opened: ({ lastEventId }) => lastEventOfPage() === lastEventId || announceEvent(),
    happened: () => announceEvent(),
    renewed: () => stream.hear(true),
  }

  function tellAll(message) {
    channel.postMessage({ ...message, user: bar.dataset.user })
    heard[message.kind](message)
  }

  channel.addEventListener('message', ({ data }) => {
    const isOurs = data.user === bar.dataset.user || data.kind === 'alive' || data.kind === 'nobody'
    if (isOurs && !isOver) heard[data.kind]?.(data)
  })
  learnAndTell(Number(bar.dataset.idle), Number(bar.dataset.absolute))
  stay.addEventListener('click', stayHere)
  document.addEventListener('session:renewed', async () => {
    curtain.open()
    await check()
    tellAll({ kind: 'renewed' })
  })
  document.addEventListener('htmx:after:request', ({ detail: { ctx } }) => {
    const left = ctx.response.headers.get('Session-Expires-In')
    if (left) learnAndTell(...left.split(' ').map(Number))
  })
  document.addEventListener('htmx:before:swap', (event) => isOver && event.preventDefault())
  document.addEventListener('htmx:after:swap', curtain.hold)
  for (const event of ['visibilitychange', 'focus', 'online']) addEventListener(event, () => document.hidden || wake())
  addEventListener('submit', ({ target }) => {
    if (new URL(target.action).pathname === '/logout') leavingUntil = Date.now() + LOOK
  })
  stream.start(tellAll, () => curtain.isDrawn() || check())
}
