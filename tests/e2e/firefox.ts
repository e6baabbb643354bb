import { afterAll, afterEach, beforeAll, beforeEach, describe, setDefaultTimeout } from 'bun:test'
import { existsSync } from 'node:fs'
import type { Feature } from '@/app'
import { tempFolder } from '../support/temp'
import { openListeningSite, type ListeningSite } from './chromium'

const PLACES = [
  process.env.FIREFOX_PATH,
  '/usr/bin/firefox-esr',
  '/usr/bin/firefox',
  '/Applications/Firefox.app/Contents/MacOS/firefox',
  'C:\\Program Files\\Mozilla Firefox\\firefox.exe',
]

const executablePath = PLACES.find((path) => path && existsSync(path))

/** Without Firefox these tests are skipped. CI fails instead. */
const hasFirefox = executablePath !== undefined
if (!hasFirefox && process.env.CI) throw new Error('Firefox tests failed: CI has no Firefox, set FIREFOX_PATH')
if (!hasFirefox)
  process.stderr.write('No Firefox found, so the Firefox tests are skipped. Install one, or set FIREFOX_PATH.\n')

type Preferences = Record<string, boolean | number | string>

const QUIET: Preferences = {
  'app.update.enabled': false,
  'browser.shell.checkDefaultBrowser': false,
  'browser.startup.homepage_override.mstone': 'ignore',
  'browser.startup.page': 0,
  'datareporting.policy.dataSubmissionEnabled': false,
  'network.captive-portal-service.enabled': false,
  'network.connectivity-service.enabled': false,
  'services.settings.server': 'data:,',
}

/** Runs tests with one page of one Firefox with these preferences. Each test gets its own site. */
export function inFirefox(
  name: string,
  preferences: Preferences,
  tell: (story: () => FirefoxStory) => void,
  features: Feature[] = [],
) {
  setDefaultTimeout(30_000) // here: it counts for the file that calls this function
  describe.skipIf(!hasFirefox)(name, () => {
    let firefox: Awaited<ReturnType<typeof launch>>
    let site: ListeningSite
    beforeAll(async () => {
      firefox = await launch({ ...QUIET, ...preferences })
    }, 60_000)
    afterAll(() => firefox.close())
    beforeEach(async () => {
      // A new port, because nothing empties this Firefox between the tests.
      site = await openListeningSite({}, { features, hasNewPort: true })
    })
    afterEach(() => site.close())
    tell(() => openStory(firefox, site))
  })
}

/** The folder holds the profile, the caches and all that Firefox writes to the home folder. */
async function launch(preferences: Preferences) {
  const folder = tempFolder('firefox')
  const lines = Object.entries(preferences).map(
    ([name, value]) => `user_pref(${JSON.stringify(name)}, ${JSON.stringify(value)});\n`,
  )
  await Bun.write(`${folder}/user.js`, lines.join(''))
  const child = Bun.spawn(
    [executablePath ?? '', '--headless', '--no-remote', '--remote-debugging-port=0', '--profile', folder],
    { env: { ...process.env, HOME: folder }, stdout: 'ignore', stderr: 'pipe' },
  )
  const session = await openSession(await addressOf(child.stderr))
  const context = (await session.send('browsingContext.getTree')).contexts?.[0]?.context
  return {
    send: (method: string, params: object) => session.send(method, { context, ...params }),
    run: async (code: string, ...words: string[]) => {
      const { result, exceptionDetails } = await session.send('script.callFunction', {
        functionDeclaration: `(...words) => String((${code})(...words))`,
        arguments: words.map((value) => ({ type: 'string', value })),
        target: { context },
        awaitPromise: true,
      })
      if (result?.value === undefined) throw new Error(`${code} failed: ${exceptionDetails?.text}`)
      return result.value
    },
    async close() {
      child.kill('SIGKILL')
      await child.exited
    },
  }
}

/** Firefox prints the address of its WebDriver BiDi server to stderr. */
async function addressOf(stderr: ReadableStream<Uint8Array>) {
  const decoder = new TextDecoder()
  let printed = ''
  for await (const chunk of stderr) {
    printed += decoder.decode(chunk, { stream: true })
    const address = /WebDriver BiDi listening on (ws:\S+)/.exec(printed)?.[1]
    if (address) return address
  }
  throw new Error(`Firefox did not start: ${printed}`)
}

type Result = {
  contexts?: { context: string }[]
  nodes?: { sharedId: string }[]
  result?: { value?: string }
  exceptionDetails?: { text: string }
}
type Message = { id?: number; result?: Result; error?: string; message?: string }

/** A WebDriver BiDi session. A library would bring ten packages for the six commands that these tests send. */
async function openSession(address: string) {
  const socket = new WebSocket(`${address}/session`)
  const pending = new Map<number, PromiseWithResolvers<Result>>()
  socket.addEventListener('message', ({ data }) => {
    const { id = 0, result, error, message }: Message = JSON.parse(String(data))
    if (error) pending.get(id)?.reject(new Error(`${error}: ${message}`))
    else pending.get(id)?.resolve(result ?? {})
  })
  await new Promise((opened, failed) => {
    socket.addEventListener('open', opened)
    socket.addEventListener('error', () => failed(new Error(`no connection to Firefox at ${address}`)))
  })
  let id = 0
  const send = (method: string, params: object = {}) => {
    const answer = Promise.withResolvers<Result>()
    pending.set(++id, answer)
    socket.send(JSON.stringify({ id, method, params }))
    return answer.promise
  }
  await send('session.new', { capabilities: {} })
  return { send }
}

const POLL_TIMEOUT = 15_000 // shorter than a test, so that a failure has a cause

/** Repeats the question until it has an answer, also when a navigation interrupts it. */
async function poll<T>(ask: () => Promise<T | undefined>) {
  const { promise, reject } = Promise.withResolvers<never>()
  const failure = new Error('no answer from the page') // here: it names the line of the test
  const timer = setTimeout(reject, POLL_TIMEOUT, failure)
  try {
    for (;;) {
      const answer = await Promise.race([ask().catch(() => undefined), promise])
      if (answer !== undefined) return answer
      await Bun.sleep(20)
    }
  } finally {
    clearTimeout(timer)
  }
}

/** Returns the state of the page. Before it is complete, the scripts of the page may not handle a click yet. */
const SCROLL = `(selector) => {
  document.querySelector(selector).scrollIntoView({ block: 'center' })
  return document.readyState
}`

type FirefoxStory = ReturnType<typeof openStory>

function openStory({ send, run }: Awaited<ReturnType<typeof launch>>, site: ListeningSite) {
  const click = async (selector: string) => {
    const locator = { type: 'css', value: selector }
    await poll(async () => (await run(SCROLL, selector)) === 'complete' || undefined)
    const element = await poll(async () => (await send('browsingContext.locateNodes', { locator })).nodes?.[0])
    const origin = { type: 'element', element }
    const actions = [
      { type: 'pointerMove', x: 0, y: 0, origin },
      { type: 'pointerDown', button: 0 },
      { type: 'pointerUp', button: 0 },
    ]
    await send('input.performActions', { actions: [{ type: 'pointer', id: 'mouse', actions }] })
  }
  return {
    site,
    run,
    click,
    goto: (path: string) => send('browsingContext.navigate', { url: site.url + path, wait: 'complete' }),
    path: () => run('() => location.pathname + location.search'),
    text: (selector: string) => run('(selector) => document.querySelector(selector).textContent.trim()', selector),
    /** Waits until the function has this result. */
    wait: (code: string, result: string) => poll(async () => (await run(code)) === result || undefined),
    /** Waits until the element has this text. */
    see: (selector: string, text: string) =>
      poll(async () => {
        const current = await run('(selector) => document.querySelector(selector)?.textContent.trim()', selector)
        return current === text || undefined
      }),
    async fill(selector: string, text: string) {
      await click(selector)
      await run('(selector) => document.querySelector(selector).select()', selector)
      const actions = [...text].flatMap((value) => [
        { type: 'keyDown', value },
        { type: 'keyUp', value },
      ])
      await send('input.performActions', { actions: [{ type: 'key', id: 'keyboard', actions }] })
    },
    submit: () => click('main form button[type=submit]'),
  }
}
