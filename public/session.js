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
  let isOver = false // nothing that happens matters here any more
  let timer
  let last = { wall: Date.now(), steady: performance.now() }

  const here = () => location.pathname.replace(/^\/+/, '/') + location.search // of //host only this site's part
  const secondsLeft = () => Math.ceil((Math.min(ends.idle, ends.absolute) - Date.now()) / 1000)
  const [time, stay] = ['.time', '.stay'].map((part) => bar?.querySelector(part))
  const voice = document.getElementById('countdown-said') // outside the bar: what is hidden is not read out

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
    const isNear = left <= WARN && !covered
    if (isNear && bar.hidden)
      voice.textContent = `You will be logged out in ${left} seconds, unless you stay logged in.`
    if (!isNear) voice.textContent = ''
    bar.hidden = !isNear
    time.textContent = `${Math.floor(left / 60)}:${String(left % 60).padStart(2, '0')}`
  }

  /** Asks how long it lasts (GET), or for it to last (POST). */
  async function check(method = 'GET') {
    try {
      const response = await fetch('/session', { method })
      if (response.status === 401) return goBy(method, response.headers.get('WWW-Authenticate') ?? '')
      if (!response.ok) throw new Error(`${response.status}`)
      if (response.headers.get('Session-User') !== bar.dataset.user) return leave('other-user')
      const { idle_seconds_left, absolute_seconds_left } = await response.json()
      uncover()
      relogin.isBack()
      learnAndTell(idle_seconds_left, absolute_seconds_left)
      stream.hear()
    } catch {
      if (covered) setTimeout(check, LOOK) // no answer: what is covered stays covered
    }
  }

  /** The server tells why a session is over, as long as it knows. */
  function goBy(method, challenge) {
    const [, reason = 'logout'] = /reason="(\w+)"/.exec(challenge) ?? []
    return reason === 'idle' || reason === 'absolute' ? askWhoIsHere(method) : leave(reason)
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
    if (main.hasChildNodes()) return // an answer that was on its way has come
    main.append(content)
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

  /** Somebody ended the session: nothing of it stays here. */
  function leave(reason) {
    if (Date.now() < leavingUntil || isOver) return
    if (reason === 'idle' || reason === 'absolute') return end()
    cover()
    covered = undefined
    isOver = true
    stream.leave()
    clearTimeout(timer)
    const { path } = document.getElementById('again').dataset
    if (reason === 'logout') {
      main.replaceChildren(document.getElementById('gone').content.cloneNode(true))
      main.querySelector('a').href = location.href
    } else location.replace(reason === 'other-user' ? location.href : `${path}?next=${encodeURIComponent(here())}`)
  }

  const heard = {
    alive({ user, idle, absolute }) {
      if (user !== bar.dataset.user) return leave('other-user')
      uncover()
      relogin.isBack()
      learn(idle, absolute)
      stream.hear()
    },
    nobody: () => covered || check(),
    ended: ({ reason }) => leave(reason),
    happened: () => document.body.dispatchEvent(new Event('happened')),
    renewed: () => stream.hear(true),
  }

  function tellAll(message) {
    channel.postMessage({ ...message, user: bar.dataset.user })
    heard[message.kind](message)
  }

  if (bar) {
    channel.addEventListener('message', ({ data }) => {
      const isOurs = data.user === bar.dataset.user || data.kind === 'alive' || data.kind === 'nobody'
      if (isOurs && !isOver) heard[data.kind]?.(data)
    })
    learnAndTell(Number(bar.dataset.idle), Number(bar.dataset.absolute))
    stay.addEventListener('click', () => check('POST'))
    document.addEventListener('session:renewed', async () => {
      uncover()
      await check()
      tellAll({ kind: 'renewed' })
    })
    document.addEventListener('htmx:after:request', ({ detail: { ctx } }) => {
      const left = ctx.response.headers.get('Session-Left')
      if (left) learnAndTell(...left.split(' ').map(Number))
    })
    for (const event of ['visibilitychange', 'focus', 'online'])
      addEventListener(event, () => document.hidden || wake())
    addEventListener('submit', ({ target }) => {
      if (new URL(target.action).pathname === '/logout') leavingUntil = Date.now() + LOOK
    })
    stream.start(tellAll, () => covered || check())
  } else channel.postMessage({ kind: 'nobody' })
}
