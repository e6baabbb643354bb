import type { Browser, BrowserContext, BrowserContextOptions } from 'playwright-core'

// Each new context starts a process. Measured: ten files of tests take a fifth less processor time with contexts that are
// emptied and used again.

type Options = BrowserContextOptions & { baseURL: string; hasClock?: boolean }
type Idle = { browser: Browser; key: string; context: BrowserContext; end: () => Promise<void> }

const MAX_IDLE = 3
const idle: Idle[] = []
const open = new Set<BrowserContext>()

/** Closes what tests left open. */
export const closeContexts = () => Promise.all([...open].map((context) => context.close()))

/** A context with one blank page. `close` empties it for the next test with the same options. */
export async function openContext(browser: Browser, options: Options) {
  const key = JSON.stringify(options)
  const found = idle.findIndex((one) => one.browser === browser && one.key === key)
  const [reused] = found === -1 ? [] : idle.splice(found, 1)
  const context = reused?.context ?? (await createContext(browser, options, key))
  if (options.hasClock) await context.clock.install() // again: at the time of now
  open.add(context)
  return context
}

async function createContext(browser: Browser, { hasClock, ...options }: Options, key: string) {
  const context = await browser.newContext(options)
  await context.newPage()
  const end = context.close.bind(context)
  const isAltered = watchScripts(context, hasClock)
  context.close = async () => {
    if (!open.delete(context)) return
    if (isAltered() || !browser.isConnected()) return end()
    await empty(context, options.baseURL)
    idle.push({ browser, key, context, end })
    if (idle.length > MAX_IDLE) await idle.shift()?.end()
  }
  return context
}

/** Playwright cannot remove the scripts of a context. Returns whether a test added one. */
function watchScripts(context: BrowserContext, hasClock = false) {
  let isAltered = false
  const add = context.addInitScript.bind(context)
  const install = context.clock.install.bind(context.clock)
  context.addInitScript = (...script) => {
    isAltered = true
    return add(...script)
  }
  context.clock.install = (options) => {
    isAltered ||= !hasClock
    return install(options)
  }
  return () => isAltered
}

async function empty(context: BrowserContext, origin: string) {
  const old = context.pages()
  const page = await context.newPage() // first: the process ends with its last page
  await Promise.all(old.map((one) => one.close()))
  const session = await context.newCDPSession(page)
  await session.send('Storage.clearDataForOrigin', { origin, storageTypes: 'all' })
  await session.detach()
  await Promise.all([context.clearCookies(), context.clearPermissions()])
  context.removeAllListeners('request')
}
