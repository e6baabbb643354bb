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
  const distance = new Intl.RelativeTimeFormat('en', { numeric: 'auto' })
  const formats = {
    exact: new Intl.DateTimeFormat(undefined, { dateStyle: 'medium', timeStyle: 'short' }),
    date: new Intl.DateTimeFormat(undefined, { dateStyle: 'medium' }),
    time: new Intl.DateTimeFormat(undefined, { timeStyle: 'short' }),
  }

  // The clock of this machine may be wrong. The page contains the time of the server.
  const serverTime = document.getElementById('countdown')?.dataset.now
  const offset = serverTime === undefined ? 0 : Number(serverTime) - Date.now()

  function relative(date) {
    const seconds = (date - offset - Date.now()) / 1000
    if (Math.abs(seconds) < MINUTE) return 'now'
    const unit = UNITS.find(([, , limit]) => Math.abs(seconds) < limit)
    return unit ? distance.format(Math.trunc(seconds / unit[1]), unit[0]) : formats.date.format(date)
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

  appCore.enhance(show)
  setInterval(show, 30_000)
}
