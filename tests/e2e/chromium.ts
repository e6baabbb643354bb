import { afterAll } from 'bun:test'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { chromium, type Browser, type BrowserContextOptions, type Page } from 'playwright-core'
import type { Feature } from '@/app'
import type { Amr } from '@/model/factors/assurance'
import { atEnd } from '../support/at-end'
import { ann, createPeople } from '../support/people'
import { openSite } from '../support/site'
import { tempDatabase, tempFolder } from '../support/temp'
import { closeContexts, openContext } from './contexts'

const PLACES = [
  process.env.CHROMIUM_PATH,
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
  'C:\\Program Files\\Google\\Chrome\\Application\\chrome.exe',
]

const executablePath = PLACES.find((path) => path && existsSync(path))

/** Without Chromium these tests are skipped. CI fails instead. */
export const hasChromium = executablePath !== undefined
if (!hasChromium && process.env.CI) throw new Error('browser tests failed: CI has no Chromium, set CHROMIUM_PATH')
if (!hasChromium)
  process.stderr.write('No Chromium found, so the browser tests are skipped. Install one, or set CHROMIUM_PATH.\n')

const QUIET = [
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--host-resolver-rules=MAP *.test 127.0.0.1',
]

// One process for all pages of a context. Measured: it saves a tenth of the processor time.
const FEW_PROCESSES = ['--renderer-process-limit=1', '--disable-site-isolation-trials', '--in-process-gpu']

// In its headless mode, Chromium 156 draws a whole browser window. The headless shell draws only the page: 20 files took
// 297 s instead of 499 s. It stores cookies in a profile, but ignores the preferences there.
const SHELL = '/usr/bin/chromium-headless-shell'
const shellPath = !process.env.CHROMIUM_PATH && existsSync(SHELL) ? SHELL : executablePath

const launchOptions = {
  executablePath: shellPath,
  args: ['--no-sandbox', '--disable-gpu', ...FEW_PROCESSES, ...QUIET],
  ignoreDefaultArgs: ['--disable-back-forward-cache'], // browsers of users have one
}

const launch = () => chromium.launch(launchOptions)

/** A browser of its own, whose user chose to block all cookies. */
export async function openWithoutCookies(site: { url: string }, options: BrowserContextOptions = {}) {
  const profile = tempFolder('profile')
  const preferences = { profile: { default_content_setting_values: { cookies: 2 } } }
  await Bun.write(`${profile}/Default/Preferences`, JSON.stringify(preferences))
  const { context, page } = await launchWithProfile(profile, site, { ...options, executablePath })
  return { context, page }
}

/** A browser that stores its cookies in the folder `profile`, to be closed or killed and started again. */
export async function launchWithProfile(
  profile: string,
  { url }: { url: string },
  options: BrowserContextOptions & { executablePath?: string } = {},
) {
  const context = await chromium.launchPersistentContext(profile, { baseURL: url, ...launchOptions, ...options })
  const page = context.pages()[0] ?? (await context.newPage())
  return { context, page, close: () => context.close(), kill: () => killProcessesOf(profile) }
}

/** SIGKILL, so that the browser cannot write its cookies to the disk. */
function killProcessesOf(profile: string) {
  for (const pid of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
    const path = `/proc/${pid}/cmdline`
    if (existsSync(path) && readFileSync(path, 'utf8').includes(`--user-data-dir=${profile}`))
      process.kill(Number(pid), 'SIGKILL')
  }
}

let running: Promise<Browser> | undefined
atEnd(async () => (await running)?.close())

/** All test files use one browser, because launching one takes about a second. Each file closes its pages. */
export function browserOfFile() {
  afterAll(closeContexts)
  return async () => {
    const launched = await running
    if (launched?.isConnected()) return launched // Bun kills the processes of a test that times out
    running = launch()
    return running
  }
}

/** Of closed sites: an emptied context is for one origin. */
const freePorts: number[] = []

function findFreePort() {
  try {
    return bindOnce(freePorts.pop() ?? 0)
  } catch {
    return bindOnce(0) // another process took the port meanwhile
  }
}

function bindOnce(wanted: number) {
  const server = Bun.serve({ port: wanted, fetch: () => new Response() })
  const { port } = server
  server.stop(true)
  return port
}

/** A site on a real socket with a database file. */
export async function openListeningSite(
  env: Record<string, string> = {},
  {
    features = [],
    host = 'localhost',
    hasNewPort = false,
  }: { features?: Feature[]; host?: string; hasNewPort?: boolean } = {},
) {
  const port = hasNewPort ? bindOnce(0) : findFreePort()
  const url = env.APP_URL ?? `http://${host}:${port}`
  const site = await createPeople(
    await openSite({ APP_URL: url, DATABASE_URL: `sqlite:${tempDatabase('e2e')}`, ...env }, undefined, features),
  )
  site.app.listen({ hostname: 'localhost', port, reusePort: false })
  const close = async () => {
    await Promise.all([site.app.stop(true), site.deps.db.destroy()])
    if (port !== undefined) freePorts.push(port)
  }
  return { ...site, url, port, close }
}

export type ListeningSite = Awaited<ReturnType<typeof openListeningSite>>

type Answer = (request: Request) => Response | undefined

/** A site behind a proxy that can answer instead of the site. */
export async function openProxiedSite() {
  let answer: Answer = () => undefined
  const proxyPort = findFreePort()
  const host = `localhost:${proxyPort}`
  const site = await openListeningSite({ APP_URL: `http://${host}` })
  const passOn = (request: Request) =>
    fetch(request.url.replace(host, `localhost:${site.port}`), {
      method: request.method,
      headers: { ...Object.fromEntries(request.headers), host },
      body: request.body,
      redirect: 'manual',
      decompress: false,
    })
  const proxy = Bun.serve({
    port: proxyPort,
    hostname: 'localhost',
    idleTimeout: 0,
    fetch: (request): Response | Promise<Response> => answer(request) ?? passOn(request),
  })
  return {
    ...site,
    /** Undefined passes the request on to the site. */
    answerInstead: (instead: Answer) => void (answer = instead),
    close: async () => void (await Promise.all([proxy.stop(true), site.close()])),
  }
}

export type ProxiedSite = Awaited<ReturnType<typeof openProxiedSite>>

type PageOptions = BrowserContextOptions & {
  /** Whether the test moves the clock of the browser. */
  hasClock?: boolean
}

/** A page in an empty browser context. Collects console errors, except failed loads, which tests cause on purpose. */
export async function openPage(browser: Browser, { url }: { url: string }, options: PageOptions = {}) {
  const context = await openContext(browser, { baseURL: url, ...options })
  context.setDefaultTimeout(15_000) // shorter than that of a test, so that a failure names the element
  const page = context.pages()[0] ?? (await context.newPage())
  const complaints: string[] = []
  page.on('console', (message) => {
    if (message.type() === 'error' && !message.text().startsWith('Failed to load resource'))
      complaints.push(message.text())
  })
  page.on('pageerror', (error) => complaints.push(error.message))
  return { context, page, complaints }
}

export async function logInWithoutForm(page: Page, site: ListeningSite, person = ann, remembered = false, amr?: Amr) {
  const userAgent = await page.evaluate<string>('navigator.userAgent')
  const { jar } = await site.as(person, { userAgent, remembered, amr })
  await page.context().addCookies([...jar].map(([name, value]) => ({ name, value, url: site.url })))
}

/** After two frames all handlers of an event have run. */
export const frames = (page: Page) =>
  page.evaluate('new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))')

export const text = (page: Page, selector: string) => page.locator(selector).innerText()
export const path = (page: Page) => new URL(page.url()).pathname + new URL(page.url()).search
