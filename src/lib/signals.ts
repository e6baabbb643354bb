import { readFileSync } from 'node:fs'
import { seconds } from './duration'

type Signal = NodeJS.Signals

/** The time for requests in progress after a stop signal. */
export const DRAIN_TIMEOUT = seconds(10)
/** Ctrl+C sends two signals: one to the process group, one through `bun run`. */
export const DOUBLE_SIGNAL_WINDOW = seconds(1)

const STOP_SIGNALS: Signal[] = ['SIGINT', 'SIGTERM', 'SIGQUIT']
/**
 * By default they end the process. SIGPWR is missing, because the JavaScript engine uses it. Bun ignores SIGPIPE and
 * SIGXFSZ: a handler that logs them would cause the next one.
 */
const OTHER_SIGNALS: Signal[] = [
  'SIGUSR1',
  'SIGUSR2',
  'SIGALRM',
  'SIGVTALRM',
  'SIGPROF',
  'SIGIO',
  'SIGXCPU',
  'SIGSTKFLT',
]

/** Also stops at SIGHUP, which a closed terminal sends, except below `nohup`. All other signals are ignored. */
export function handleSignals(stop: () => void, ignore: (signal: Signal) => void) {
  for (const signal of isHangupIgnored() ? STOP_SIGNALS : [...STOP_SIGNALS, 'SIGHUP' as const]) process.on(signal, stop)
  for (const signal of OTHER_SIGNALS) process.on(signal, ignore)
}

/** SIGHUP is missing: a terminal that closes can send it several times. */
export const onNextStopSignal = (stop: () => void) => STOP_SIGNALS.forEach((signal) => process.once(signal, stop))

function isHangupIgnored() {
  try {
    const [, mask = '0'] = /^SigIgn:\s*(\w+)$/m.exec(readFileSync('/proc/self/status', 'utf8')) ?? []
    return Number.parseInt(mask.slice(-1), 16) % 2 === 1
  } catch {
    return false // not Linux
  }
}
