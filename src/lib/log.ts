import pino, { type DestinationStream } from 'pino'

export type { DestinationStream }

type Write = (fields: object, message: string) => void

export interface Log {
  info: Write
  error: Write
}

/** One line for each event: JSON for machines, or coloured text for the person at the terminal. */
export const openLog = async (format: 'pretty' | 'json', destination: DestinationStream = openStdout()) =>
  format === 'json' ? openJsonLog(destination) : await openPrettyLog(destination)

const openStdout = () => openOutput(1)
/** For programs whose standard output is for their results. */
export const openStderr = () => openOutput(2)

/** An output on which nothing depends: where it is full or closed the lines are lost, and the site goes on. */
function openOutput(fd: 1 | 2) {
  const output = pino.destination({ fd, sync: true, maxLength: 1_000_000 })
  output.on('error', () => undefined)
  return output
}

const openJsonLog = (destination: DestinationStream): Log =>
  pino({ base: undefined, timestamp: pino.stdTimeFunctions.isoTime }, destination)

async function openPrettyLog(destination: DestinationStream): Promise<Log> {
  const { default: pretty } = await import('pino-pretty') // not in production, so it is not paid for there
  const log: Log = pino(
    pretty({ destination, sync: true, ignore: 'pid,hostname', translateTime: 'HH:MM:ss', singleLine: true }),
  )
  return log
}
