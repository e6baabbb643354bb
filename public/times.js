// Shows times as a distance from now. The exact time in the time zone of the browser is the tooltip.
{
  const MINUTE = 60
  const HOUR = 60 * MINUTE
  const DAY = 24 * HOUR
  const UNITS = [
    ['minute', MINUTE, HOUR],
    ['hour', HOUR, DAY],
    ['day', DAY, 30 * DAY],
    ['month', 30 * DAY, 365 * DAY],
  ]
  // Not "yesterday" and "last month": 47 hours and 30 days are no dates of the calendar.
  const distance = new Intl.RelativeTimeFormat('en')
  const calendar = new Intl.RelativeTimeFormat('en', { numeric: 'auto' })
  const formats = {
    day: new Intl.DateTimeFormat(undefined, { dateStyle: 'full' }),
    exact: new Intl.DateTimeFormat(undefined, { dateStyle: 'medium', timeStyle: 'short' }),
    date: new Intl.DateTimeFormat(undefined, { dateStyle: 'medium' }),
    time: new Intl.DateTimeFormat(undefined, { timeStyle: 'short' }),
  }

  // The clock of this machine may be wrong. The page contains the time of the server.
  const serverTime = document.getElementById('countdown')?.dataset.now
  const offset = serverTime === undefined ? 0 : Number(serverTime) - Date.now()
  const now = () => Date.now() + offset

  /** Elapsed time counts whole units. Time left is rounded: a token that was created for 90 days expires in 3 months. */
  function relative(date) {
    const seconds = (date - now()) / 1000
    if (Math.abs(seconds) < MINUTE) return seconds > 0 ? 'now' : 'just now'
    const round = seconds > 0 ? Math.round : Math.trunc
    const unit = UNITS.find(([, , limit]) => Math.abs(seconds) < limit)
    return unit ? distance.format(round(seconds / unit[1]), unit[0]) : formats.date.format(date)
  }

  /** Changing a selected text would end the selection. */
  const isSelected = (time) => !getSelection().isCollapsed && getSelection().containsNode(time, true)

  function show() {
    for (const time of document.querySelectorAll('time[datetime]')) {
      const date = new Date(time.dateTime)
      if (Number.isNaN(Number(date))) continue // a duration
      const text = formats[time.dataset.show]?.format(date) ?? relative(date)
      if (time.textContent !== text && !isSelected(time)) time.textContent = text
      time.title = formats.exact.format(date)
    }
  }

  const startOfDay = (date) => new Date(date).setHours(0, 0, 0, 0)

  function dayName(date) {
    const days = Math.round((startOfDay(date) - startOfDay(now())) / 1000 / DAY)
    if (days < -1 || days > 0) return formats.day.format(new Date(date))
    const name = calendar.format(days, 'day')
    return name[0].toUpperCase() + name.slice(1)
  }

  /** The server groups rows by days in UTC. */
  function groupByDay() {
    for (const list of document.querySelectorAll('[data-days]')) {
      const [first] = list.children
      if (!first) continue
      const groups = new Map()
      for (const row of list.querySelectorAll('li')) {
        const day = startOfDay(row.querySelector('time').dateTime)
        groups.set(day, [...(groups.get(day) ?? []), row])
      }
      const sections = Array.from(groups.values(), (group) => {
        const section = first.cloneNode(true)
        section.querySelector('h2').textContent = dayName(group[0].querySelector('time').dateTime)
        section.querySelector('ul').replaceChildren(...group)
        return section
      })
      list.replaceChildren(...sections)
    }
  }

  appCore.enhance(groupByDay)
  appCore.enhance(show)
  setInterval(show, 30_000)
}
