import { createApp } from './app'
import { auth } from './auth'
import { seconds } from './lib/duration'
import { startRetentionJob } from './retention-job'
import { messageOf, openDepsOrExit, readConfigOrExit, exitWith } from './startup'

const DRAIN_TIMEOUT = seconds(10)
const IDLE_TIMEOUT = seconds(10) // how long a connection may say nothing
const DOUBLE_SIGNAL_WINDOW = seconds(1) // a terminal's signal comes twice: to the whole group, and passed on by `bun run`

const deps = await openDepsOrExit(readConfigOrExit(), { lowerPriority: true })
const shutdown = new AbortController()
const app = createAppOrExit()
listenOrExit()
startRetentionJob(deps, shutdown.signal)

const { appUrl, host, port } = deps.config
const listenUrl = `http://${host}:${port}`
deps.log.info({}, `Latchkey is at ${appUrl}${appUrl === listenUrl ? '' : `, listening on ${listenUrl}`}`)
if (deps.config.production && !deps.config.isAppUrlSet)
  deps.log.warn({}, `APP_URL is not set: requests for any host but ${new URL(appUrl).host} get 421`)

let exitCode = 0
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => drain())

// A fault that no request owns leaves a state that nobody knows: it is told, and whoever watches over us starts anew.
process.on('uncaughtException', (error: unknown) => {
  deps.log.error({ err: error }, 'uncaughtException')
  exitCode = 1
  return drain()
})

// A promise that nobody waited for, in a listener most likely, left nothing half done that a request relies on.
process.on('unhandledRejection', (error: unknown) => deps.log.error({ err: error }, 'unhandledRejection'))

async function drain() {
  if (shutdown.signal.aborted) return
  shutdown.abort()
  setTimeout(forceExit, DRAIN_TIMEOUT).unref() // a request that never ends must not keep the old version running
  setTimeout(
    () => ['SIGINT', 'SIGTERM'].forEach((signal) => process.once(signal, forceExit)),
    DOUBLE_SIGNAL_WINDOW,
  ).unref() // nor one that takes too long
  await app.stop() // what is in flight is still answered
  await deps.db.destroy()
  process.exit(exitCode)
}

function forceExit() {
  process.exit(1)
}

function createAppOrExit() {
  try {
    return createApp(deps, { auth, signal: shutdown.signal }).app
  } catch (error) {
    return exitWith(messageOf(error))
  }
}

function listenOrExit() {
  const { host, port } = deps.config
  try {
    // Elysia shares its port by default: then a forgotten server would answer half of the requests. The limit is only
    // Bun's own last word; web/body.ts says it earlier, with a page and with our headers.
    const limits = { maxRequestBodySize: Number.MAX_SAFE_INTEGER, idleTimeout: IDLE_TIMEOUT / seconds(1) }
    app.listen({ hostname: host, port, reusePort: false, ...limits })
  } catch (error) {
    exitWith(`PORT is "${port}" and HOST is "${host}", and the server cannot listen there: ${messageOf(error)}`)
  }
}
