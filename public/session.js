// How long the session still lasts, told truly and by all tabs alike, and what happens to the account meanwhile.
{
  const bar = document.getElementById('countdown')
  const main = document.getElementById('main')
  const channel = new BroadcastChannel('latchkey')
  const here = () => location.pathname + location.search
  const WARN = 60 // seconds before the end
  const LOOK = 5000 // milliseconds: a timer that is set for long sleeps on after the machine has woken
  let ends = { idle: 0, absolute: 0 } // by this machine's clock
  let covered // what stood in <main>, while nobody may see it
  let timer
  let lastTick = { wall: Date.now(), steady: performance.now() }

  const secondsLeft = () => Math.ceil((Math.min(ends.idle, ends.absolute) - Date.now()) / 1000)

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
    if (left <= 0) return void end()
    show(left)
    timer = setTimeout(wake, left > WARN ? Math.min((left - WARN) * 1000, LOOK) : 1000)
  }

  /** A timer that came late slept, with the whole machine or with its tab; clocks that disagree were moved. */
  function wake() {
    const now = { wall: Date.now(), steady: performance.now() }
    const drift = Math.abs(now.wall - lastTick.wall - (now.steady - lastTick.steady))
    lastTick = now
    if (drift > 2000 && secondsLeft() > 0) return void check()
    tick()
  }

  const [time, voice, stay] = ['.time', '[role=status]', '.stay'].map((part) => bar?.querySelector(part))

  function show(left) {
    const isNear = left <= WARN && !covered
    if (isNear && bar.hidden)
      voice.textContent = `You will be logged out in ${left} seconds, unless you stay logged in.`
    if (!isNear) voice.textContent = ''
    bar.hidden = !isNear
    time.textContent = `${Math.floor(left / 60)}:${String(left % 60).padStart(2, '0')}`
  }

  /** Asks for the time left, or to stay. Undefined where nobody is logged in; fails where the server does not answer. */
  async function ask(method) {
    const response = await fetch('/session', { method })
    if (response.status !== 200) return undefined
    const { idle_seconds_left, absolute_seconds_left } = await response.json()
    return [idle_seconds_left, absolute_seconds_left]
  }

  async function check(method = 'GET') {
    try {
      const left = await ask(method)
      if (!left) return void askWhoIsHere()
      uncover()
      relogin.settle(true)
      learnAndTell(...left)
    } catch {
      if (covered) setTimeout(check, 5000) // no answer: what is covered stays covered
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
  function askWhoIsHere() {
    cover()
    if (bar.dataset.remembered !== undefined) return void relogin.await(() => check('POST'))
    relogin.ask(`${document.getElementById('again').dataset.path}?next=${encodeURIComponent(here())}`)
  }

  /** Somebody ended the session: nothing of it stays here, and the server says what comes next. */
  function leave(reason) {
    if (reason === 'idle' || reason === 'absolute') return void end()
    cover()
    covered = undefined
    const { path } = document.getElementById('again').dataset
    location.replace(reason === 'logout' ? here() : `${path}?next=${encodeURIComponent(here())}`)
  }

  const heard = {
    alive: ({ user, idle, absolute }) => {
      if (user !== bar.dataset.user) return leave('logout') // somebody else uses this browser now
      uncover()
      relogin.settle(true)
      learn(idle, absolute)
    },
    nobody: () => covered || check(),
    ended: ({ reason }) => leave(reason),
    happened: () => document.body.dispatchEvent(new Event('happened')),
  }

  function tellAll(message) {
    channel.postMessage(message)
    heard[message.kind](message)
  }

  /** What happens to the account. One tab listens for all of a browser, which has but six connections to a site. */
  function listen() {
    const stream = new EventSource('/session/stream')
    stream.addEventListener('happened', () => tellAll({ kind: 'happened' }))
    stream.addEventListener('ended', ({ data }) => {
      stream.close()
      tellAll({ kind: 'ended', ...JSON.parse(data) })
    })
    stream.addEventListener('error', () => {
      if (stream.readyState !== EventSource.CLOSED) return
      if (!covered) check()
      setTimeout(listen, WARN * 1000)
    })
    document.addEventListener('session:renewed', () => stream.readyState === EventSource.CLOSED && listen(), {
      once: true,
    })
    return stream
  }

  function start() {
    channel.addEventListener('message', ({ data }) => heard[data.kind]?.(data))
    learnAndTell(Number(bar.dataset.idle), Number(bar.dataset.absolute))
    stay.addEventListener('click', () => check('POST'))
    document.addEventListener('session:renewed', () => check())
    for (const event of ['visibilitychange', 'focus', 'online'])
      addEventListener(event, () => document.hidden || wake())
    document.addEventListener('htmx:after:request', ({ detail: { ctx } }) => {
      const left = ctx.response.headers.get('Session-Left')
      if (left) learnAndTell(...left.split(' ').map(Number))
    })
    const { locks } = navigator
    if (!locks) return void listen()
    locks.request('latchkey-stream', () => new Promise((done) => addEventListener('pagehide', closing(listen(), done))))
  }

  const closing = (stream, done) => () => {
    stream.close()
    done()
  }

  if (bar) start()
  else channel.postMessage({ kind: 'nobody' })
}
