import pino, { type DestinationStream } from 'pino'

type Write = (fields: object, message: string) => void

export interface Log {
  info: Write
  error: Write
}

/** One line for each event: JSON for machines, or coloured text for the person at the terminal. */
export const openLog = async (format: 'pretty' | 'json', destination: DestinationStream = openStdout()) =>
  format === 'json' ? openJsonLog(destination) : await openPrettyLog(destination)

/** Standard output, of which nothing depends: where it is full or closed the lines are lost, and the site goes on. */
function openStdout() {
  const stdout = pino.destination({ fd: 1, sync: true, maxLength: 1_000_000 })
  stdout.on('error', () => undefined)
  return stdout
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
