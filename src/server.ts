import { createApp } from './app'
import { auth } from './auth'
import { startDatabaseCheck } from './database-check'
import { seconds } from './lib/duration'
import { startMailJob } from './mail-job'
import { reportMissingKeys } from './model/accounts/factors/secret-keys'
import { DOUBLE_SIGNAL_WINDOW, DRAIN_TIMEOUT, handleSignals, onNextStopSignal } from './lib/signals'
import { startRetentionJob } from './retention-job'
import {
  describeMail,
  exitWith,
  exitWithListenError,
  listenAddress,
  messageOf,
  openDepsOrExit,
  readConfigOrExit,
  requireFirstStart,
  warnOfAdminsAtRisk,
  warnOfForeignPasskeys,
} from './startup'
import { findObstacleToWorkers, onParentStop, readFlagsOrExit, runWorkers, tellParent } from './workers'

const IDLE_TIMEOUT = seconds(10)

let exitCode = 0
let stop = (): void => process.exit(0) // until the server listens, there is no request to complete
let logSignal = (_: string): void => undefined
handleSignals(
  () => stop(),
  (signal) => logSignal(signal),
)

const { settings, isWorker } = readFlagsOrExit()
const requested = readConfigOrExit(settings)
const obstacle = findObstacleToWorkers()
const config = obstacle ? { ...requested, workers: 1 } : requested
if (isWorker) onParentStop(() => stop())
else if (config.workers > 1) await runWorkers(config, (stopAll) => void (stop = stopAll))
requireFirstStart(config, config.production)
const deps = await openDepsOrExit(config, { lowerPriority: true, markDatabase: config.production })
await reportMissingKeys(deps)
const shutdown = new AbortController()
const { app, auth: running } = createAppOrExit()
await warnOfForeignPasskeys(deps)
await warnOfAdminsAtRisk(deps)
await listenOrExit()
stop = drain
logSignal = (signal) => deps.log.info({ signal }, 'signal ignored')
if (isWorker) tellParent()
const retentionJobStopped = startRetentionJob(deps, shutdown.signal, auth.onUserDeleted)
startDatabaseCheck(deps, shutdown.signal)
const mailJobStopped = startMailJob(running.deps, shutdown.signal)

const { appUrl } = deps.config
const address = `http://${listenAddress(deps.config)}`
deps.log.info(appUrl === address ? {} : { address }, `listening on ${appUrl}`)
deps.log.info({}, describeMail(deps.config))
if (config.workers < requested.workers) deps.log.warn({}, `WORKERS is ignored: ${obstacle}`)
if (deps.config.production && !deps.config.isAppUrlSet)
  deps.log.warn({}, `APP_URL is not set: requests for any host but ${new URL(appUrl).host} get 421`)

// The state of the process is unknown now. The service manager restarts it.
process.on('uncaughtException', (error: unknown) => {
  deps.log.error({ err: error }, 'uncaughtException')
  exitCode = 1
  return drain()
})

// Probably in a listener. No request depends on the rejected promise, so the server can continue.
process.on('unhandledRejection', (error: unknown) => deps.log.error({ err: error }, 'unhandledRejection'))

async function drain() {
  if (shutdown.signal.aborted) return
  shutdown.abort()
  setTimeout(forceExit, DRAIN_TIMEOUT).unref() // a request that never ends would keep the old version running
  setTimeout(onNextStopSignal, DOUBLE_SIGNAL_WINDOW, forceExit).unref()
  // Wait for pending requests, and for mails that are being sent.
  await Promise.all([app.stop(), mailJobStopped, retentionJobStopped])
  await deps.db.destroy()
  process.exit(exitCode)
}

function forceExit() {
  process.exit(1)
}

function createAppOrExit() {
  try {
    return createApp(deps, { auth, signal: shutdown.signal })
  } catch (error) {
    return exitWith(messageOf(error))
  }
}

async function listenOrExit() {
  const { host, port } = deps.config
  try {
    // Elysia sets `reusePort` by default: a forgotten server would receive half of the requests. `checkBody` limits the
    // body with an error page; Bun's own limit would send a response without our headers.
    const limits = { maxRequestBodySize: Number.MAX_SAFE_INTEGER, idleTimeout: IDLE_TIMEOUT / seconds(1) }
    app.listen({ hostname: host, port, reusePort: isWorker, ...limits })
  } catch (error) {
    await exitWithListenError(error, deps.config)
  }
}
