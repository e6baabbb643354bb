import pino, { type DestinationStream } from 'pino'

export type { DestinationStream }

type Write = (fields: object, message: string) => void

export interface Log {
  info: Write
  warn: Write
  error: Write
}

export const openLog = async (format: 'pretty' | 'json', destination?: DestinationStream) =>
  format === 'json' ? openJsonLog(destination ?? openBuffered()) : await openPrettyLog(destination ?? openOutput(1))

/** For programs that print results to stdout. */
export const openStderr = () => openOutput(2)

/** A full disk or a closed pipe loses log lines and does not stop the server. */
function openOutput(fd: 1 | 2, buffering: { minLength?: number; periodicFlush?: number } = {}) {
  const output = pino.destination({ fd, sync: true, maxLength: 1_000_000, ...buffering })
  output.on('error', () => undefined)
  return output
}

/** Measured: one write per line takes 10 % of the time of a busy server. */
function openBuffered() {
  const output = openOutput(1, { minLength: 4096, periodicFlush: 100 })
  process.on('exit', () => output.flush()) // `flushSync` would repeat a failed write forever
  return output
}

const openJsonLog = (destination: DestinationStream): Log =>
  pino({ base: undefined, timestamp: pino.stdTimeFunctions.isoTime }, destination)

async function openPrettyLog(destination: DestinationStream): Promise<Log> {
  const { default: pretty } = await import('pino-pretty') // loaded on demand: production logs JSON by default
  const log: Log = pino(
    pretty({ destination, sync: true, ignore: 'pid,hostname', translateTime: 'HH:MM:ss', singleLine: true }),
  )
  return log
}
