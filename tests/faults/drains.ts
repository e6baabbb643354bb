import { seconds } from '@/lib/duration'
import { waitUntilListening, start } from '../support/process'
import { slowRequest } from '../support/slow-request'

/** Stops a server with pending requests that end after 0.5 s or never. */
export async function stopWithPending(requests: number, end: 'soon' | 'never') {
  const one = start()
  await waitUntilListening(one)
  const logOut = () => slowRequest(one.settings.PORT, '/logout', { x: 'x'.repeat(100) })
  const slow = await Promise.all(Array.from({ length: requests }, logOut))
  await fetch(`${one.url}/healthz`) // so that the server has read the pending requests
  const startedAt = performance.now()
  one.server.kill('SIGTERM')
  if (end === 'soon') setTimeout(() => slow.forEach(({ send }) => void send()), seconds(0.5))
  const drip = setInterval(() => slow.forEach(({ send }) => void send(1)), seconds(1))
  const answers = await Promise.all(slow.map(({ answer }) => answer))
  clearInterval(drip)
  const code = await one.server.exited
  const answered = answers.filter((line) => line.startsWith('HTTP/1.1 303')).length
  return { answered, code, ms: performance.now() - startedAt }
}
