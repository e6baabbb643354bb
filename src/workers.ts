import { parseArgs } from 'node:util'
import type { Config } from './config/env'
import { seconds } from './lib/duration'
import { openLog } from './lib/log'
import { DOUBLE_SIGNAL_WINDOW, DRAIN_TIMEOUT, onNextStopSignal } from './lib/signals'
import { exitWith, exitWithListenError, messageOf } from './startup'

const FIRST_DELAY = seconds(1)
const MAX_DELAY = seconds(30)
/** All workers have begun to stop after this time. The last ones still accept requests while the first ones finish. */
const STAGGER = seconds(2)

type Worker = Bun.Subprocess<'ignore', 'inherit', 'inherit'>

export function readFlagsOrExit() {
  try {
    const options = { workers: { type: 'string' }, worker: { type: 'boolean' } } as const
    const { workers, worker } = parseArgs({ args: process.argv.slice(2), options }).values
    return { settings: workers === undefined ? undefined : { WORKERS: workers }, isWorker: worker === true }
  } catch (error) {
    return exitWith(messageOf(error))
  }
}

/** Why this process cannot have workers, or undefined. */
export function findObstacleToWorkers() {
  if (process.platform !== 'linux') return 'only Linux spreads connections over several processes'
  if (process.execArgv.includes('--watch')) return '--watch restarts one process only'
}

/** In a worker. The channel to the parent also closes when the parent was killed. */
export const onParentStop = (stop: () => void) =>
  ['message', 'disconnect'].forEach((event) => process.on(event, () => stop()))

export const tellParent = () => process.send?.('listening')

/** Starts the workers, and starts those again that end. Never returns. `onStop` receives what a stop signal does. */
export async function runWorkers(config: Config, onStop: (stop: () => void) => void): Promise<never> {
  await requireFreePort(config)
  const log = await openLog(config.logFormat)
  const workers = new Map<number, Worker>()
  const stopping = new AbortController()
  onStop(stopAll)

  await startFirst()
  const others = Array.from({ length: config.workers - 1 }, (_, i) => i + 2)
  await Promise.all(
    others.map((number) => new Promise<void>((resolve) => void keepRunning(number, start(number, resolve)))),
  )
  log.info({ workers: config.workers }, 'workers started')
  return new Promise<never>(() => undefined)

  function start(number: number, onListening?: () => void) {
    const worker = Bun.spawn(commandOf(config.workers), {
      stdio: ['ignore', 'inherit', 'inherit'],
      ipc: () => onListening?.(),
    })
    workers.set(number, worker)
    return worker
  }

  /** Alone, because it creates the database. A setting that stops the start is reported by this worker only. */
  async function startFirst() {
    const { promise, resolve } = Promise.withResolvers<void>()
    const worker = start(1, resolve)
    await Promise.race([promise, worker.exited])
    if (worker.exitCode !== null && !stopping.signal.aborted) process.exit(worker.exitCode || 1)
    void keepRunning(1, worker)
  }

  async function keepRunning(number: number, first: Worker) {
    let delay = FIRST_DELAY
    for (let worker = first; ; worker = start(number)) {
      const resetDelay = setTimeout(() => (delay = FIRST_DELAY), MAX_DELAY)
      await worker.exited
      clearTimeout(resetDelay)
      if (stopping.signal.aborted) return
      const { pid, exitCode, signalCode } = worker
      log.error({ worker: number, pid, exitCode, signal: signalCode, delay }, 'worker ended')
      await Bun.sleep(delay)
      if (stopping.signal.aborted) return
      delay = Math.min(2 * delay, MAX_DELAY)
    }
  }

  /** By message: a signal would be the second one for a worker that its process group or service manager has told. */
  async function stopAll() {
    if (stopping.signal.aborted) return
    stopping.abort()
    setTimeout(killAll, DRAIN_TIMEOUT + STAGGER + seconds(1))
    setTimeout(onNextStopSignal, DOUBLE_SIGNAL_WINDOW, killAll)
    const running = [...workers.values()].filter(isRunning)
    for (const worker of running) {
      if (isRunning(worker)) worker.send('stop')
      await Promise.race([worker.exited, Bun.sleep(STAGGER / running.length)])
    }
    const codes = await Promise.all(running.map(({ exited }) => exited))
    process.exit(codes.some(Boolean) ? 1 : 0)
  }

  function killAll() {
    for (const worker of workers.values()) worker.kill('SIGKILL')
    process.exit(1)
  }
}

const isRunning = ({ exitCode, signalCode }: Worker) => exitCode === null && signalCode === null

/** A compiled program contains its main file. */
function commandOf(count: number) {
  const program = Bun.main.startsWith('/$bunfs/') ? [] : [...process.execArgv, Bun.main]
  return [process.execPath, ...program, '--worker', '--workers', `${count}`]
}

/** Workers share the port with each other, and so with a forgotten server. */
async function requireFreePort(config: Config) {
  try {
    Bun.listen({ hostname: config.host, port: config.port, socket: { data() {} } }).stop(true)
  } catch (error) {
    await exitWithListenError(error, config)
  }
}
