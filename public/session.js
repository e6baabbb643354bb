// How long the session still lasts, told truly and by all tabs alike, and what happens to the account meanwhile.
{
  const bar = document.getElementById('countdown')
  const main = document.getElementById('main')
  const channel = new BroadcastChannel('latchkey')
  const WARN = 60 // seconds before the end
  const LOOK = 5000 // milliseconds: a timer that is set for long sleeps on after the machine has woken
  let ends = { idle: 0, absolute: 0 } // by this machine's clock
  let covered // what stood in <main>, while nobody may see it
  let leavingUntil = 0 // this page is on its way out by itself
  let timer
  let last = { wall: Date.now(), steady: performance.now() }

  const here = () => location.pathname + location.search
  const secondsLeft = () => Math.ceil((Math.min(ends.idle, ends.absolute) - Date.now()) / 1000)
  const [time, voice, stay] = ['.time', '[role=status]', '.stay'].map((part) => bar?.querySelector(part))

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
    if (drift > 2000 && secondsLeft() > 0) check()
    else tick()
  }

  function show(left) {
    const isNear = left <= WARN && !covered
    if (isNear && bar.hidden)
      voice.textContent = `You will be logged out in ${left} seconds, unless you stay logged in.`
    if (!isNear) voice.textContent = ''
    bar.hidden = !isNear
    time.textContent = `${Math.floor(left / 60)}:${String(left % 60).padStart(2, '0')}`
  }

  /** Asks for the time left (GET), or to stay (POST). Undefined where nobody is logged in; fails where no answer comes. */
  async function ask(method) {
    const response = await fetch('/session', { method })
    if (response.status === 401) return undefined
    const { idle_seconds_left, absolute_seconds_left } = await response.json()
    return [idle_seconds_left, absolute_seconds_left]
  }

  async function check(method = 'GET') {
    try {
      const left = await ask(method)
      if (!left) return askWhoIsHere(method)
      uncover()
      relogin.isBack()
      learnAndTell(...left)
      hear()
    } catch {
      if (covered) setTimeout(check, LOOK) // no answer: what is covered stays covered
    }
  }

  /** What is private leaves the page, before anybody is asked anything. It is kept as it is for whom it belongs to. */
  function cover() {
    if (covered) return
    bar.hidden = true
    covered = { content: document.createDocumentFragment(), title: document.title, focus: document.activeElement }
    covered.content.append(...main.childNodes)
    document.title = 'Latchkey'
  }

  function uncover() {
    if (!covered) return
    const { content, title, focus } = covered
    covered = undefined
    main.replaceChildren(content)
    document.title = title
    focus.focus?.()
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
    const { path } = document.getElementById('again').dataset
    if (!(await relogin.ask(`${path}?next=${encodeURIComponent(here())}`))) setTimeout(check, LOOK)
  }

  /** Somebody ended the session: nothing of it stays here, and the server says what comes next. */
  function leave(reason) {
    if (Date.now() < leavingUntil) return
    if (reason === 'idle' || reason === 'absolute') return end()
    cover()
    covered = undefined
    const { path } = document.getElementById('again').dataset
    location.replace(reason === 'logout' ? here() : `${path}?next=${encodeURIComponent(here())}`)
  }

  const heard = {
    alive({ user, idle, absolute }) {
      if (user !== bar.dataset.user) return leave('logout') // somebody else uses this browser now
      uncover()
      relogin.isBack()
      learn(idle, absolute)
    },
    nobody: () => covered || check(),
    ended: ({ reason }) => leave(reason),
    happened: () => document.body.dispatchEvent(new Event('happened')),
    renewed: () => hear(true),
  }

  function tellAll(message) {
    channel.postMessage(message)
    heard[message.kind](message)
  }

  // One tab listens for all of a browser, which has but six connections to a site.
  let listens = !navigator.locks
  let stream

  /** Opens the stream, or opens it anew for a session that took the place of another. */
  function hear(anew) {
    if (!listens || (stream && !anew)) return
    stream?.close()
    stream = new EventSource('/session/stream')
    stream.addEventListener('happened', () => tellAll({ kind: 'happened' }))
    stream.addEventListener('ended', ({ data }) => {
      stopHearing()
      tellAll({ kind: 'ended', ...JSON.parse(data) })
    })
    stream.addEventListener('error', ({ target }) => {
      if (target !== stream || target.readyState !== EventSource.CLOSED) return // it comes back by itself
      setTimeout(stopHearing, WARN * 1000)
      if (!covered) check()
    })
  }

  function stopHearing() {
    stream?.close()
    stream = undefined
  }

  /** Listens until the page goes away; then another tab does. */
  const takeTurn = () =>
    new Promise((done) => {
      listens = true
      hear()
      addEventListener('pagehide', () => {
        stopHearing()
        done()
      })
    })

  if (bar) {
    channel.addEventListener('message', ({ data }) => heard[data.kind]?.(data))
    learnAndTell(Number(bar.dataset.idle), Number(bar.dataset.absolute))
    stay.addEventListener('click', () => check('POST'))
    document.addEventListener('session:renewed', async () => (await check(), tellAll({ kind: 'renewed' })))
    document.addEventListener('htmx:after:request', ({ detail: { ctx } }) => {
      const left = ctx.response.headers.get('Session-Left')
      if (left) learnAndTell(...left.split(' ').map(Number))
    })
    for (const event of ['visibilitychange', 'focus', 'online'])
      addEventListener(event, () => document.hidden || wake())
    addEventListener('submit', ({ target }) => {
      if (new URL(target.action).pathname === '/logout') leavingUntil = Date.now() + LOOK
    })
    navigator.locks?.request('latchkey-stream', takeTurn)
    hear()
  } else channel.postMessage({ kind: 'nobody' })
}
