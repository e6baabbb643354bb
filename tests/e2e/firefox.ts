import { existsSync } from 'node:fs'
import { tempFolder } from '../support/temp'

const PLACES = [process.env.FIREFOX_PATH, '/usr/bin/firefox-esr', '/usr/bin/firefox']

const executablePath = PLACES.find((path) => path && existsSync(path))

/** Without Firefox its tests are skipped. CI fails instead. */
export const hasFirefox = executablePath !== undefined
if (!hasFirefox && process.env.CI) throw new Error('browser tests failed: CI has no Firefox, set FIREFOX_PATH')
if (!hasFirefox) process.stderr.write('No Firefox found, so its tests are skipped. Install one, or set FIREFOX_PATH.\n')

type Message = { id?: number; method?: string; result?: Result; params?: { url?: string }; message?: string }
type Result = { contexts?: { context: string }[]; result?: { value?: string }; exceptionDetails?: { text: string } }

/** A Firefox of its own, driven over WebDriver BiDi: playwright-core needs its own build of Firefox. */
export async function openFirefox(preferences: Record<string, string | number | boolean> = {}) {
  const profile = tempFolder('firefox')
  const lines = Object.entries(preferences).map((entry) => `user_pref(${JSON.stringify(entry).slice(1, -1)});`)
  await Bun.write(`${profile}/user.js`, lines.join('\n'))
  const child = Bun.spawn(
    [executablePath ?? '', '--headless', '--no-remote', '--profile', profile, '--remote-debugging-port=0'],
    { stdout: 'ignore', stderr: 'pipe' },
  )
  const connection = await connect(await addressIn(child.stderr))
  await connection.send('session.new', { capabilities: {} })
  await connection.send('session.subscribe', { events: ['browsingContext.load'] })
  const [context] = (await connection.send('browsingContext.getTree', {})).contexts ?? []
  if (!context) throw new Error('Firefox opened no page')
  const target = { context: context.context, sandbox: 'test' } // a sandbox runs also on pages without scripts

  async function evaluate(expression: string) {
    const { result, exceptionDetails } = await connection.send('script.evaluate', {
      expression,
      target,
      awaitPromise: true,
    })
    if (exceptionDetails) throw new Error(exceptionDetails.text)
    return result?.value
  }

  return {
    goto: (url: string) =>
      connection.send('browsingContext.navigate', { context: context.context, url, wait: 'complete' }),
    /** The text of the first element. */
    text: (selector: string) => evaluate(`document.querySelector(${JSON.stringify(selector)}).innerText`),
    fill: (selector: string, value: string) =>
      evaluate(`document.querySelector(${JSON.stringify(selector)}).value = ${JSON.stringify(value)}`),
    /** Clicks, and waits until the next page has loaded. Returns its URL. */
    async follow(selector: string) {
      const loaded = connection.nextLoad()
      await evaluate(`document.querySelector(${JSON.stringify(selector)}).click()`)
      return loaded
    },
    async close() {
      connection.close()
      child.kill()
      await child.exited
    },
  }
}

async function addressIn(output: ReadableStream<Uint8Array>) {
  let text = ''
  const decoder = new TextDecoder()
  for await (const chunk of output) {
    text += decoder.decode(chunk, { stream: true })
    const [, address] = /WebDriver BiDi listening on (ws:\S+)/.exec(text) ?? []
    if (address) return address
  }
  throw new Error(`Firefox did not start: ${text}`)
}

async function connect(address: string) {
  const socket = new WebSocket(`${address}/session`)
  const waiting = new Map<number, PromiseWithResolvers<Result>>()
  const loads: ((url: string) => void)[] = []
  socket.addEventListener('message', ({ data }) => {
    const { id, method, result, params, message }: Message = JSON.parse(data)
    if (method === 'browsingContext.load') for (const loaded of loads.splice(0)) loaded(params?.url ?? '')
    const sent = id === undefined ? undefined : waiting.get(id)
    if (result) sent?.resolve(result)
    else sent?.reject(new Error(message))
  })
  await new Promise((resolve, reject) => {
    socket.addEventListener('open', resolve)
    socket.addEventListener('error', reject)
  })
  let ids = 0
  return {
    send(method: string, params: object) {
      const answer = Promise.withResolvers<Result>()
      waiting.set(++ids, answer)
      socket.send(JSON.stringify({ id: ids, method, params }))
      return answer.promise
    },
    nextLoad: () => new Promise<string>((resolve) => void loads.push(resolve)),
    close: () => socket.close(),
  }
}
