import pino, { type DestinationStream } from 'pino'

type Write = (fields: object, message: string) => void

export interface Log {
  info: Write
  error: Write
}

/** One line for each event: JSON for machines, or coloured text for the person at the terminal. */
export const openLog = async (format: 'pretty' | 'json', destination: DestinationStream = pino.destination(1)) =>
  format === 'json' ? openJsonLog(destination) : await openPrettyLog(destination)

const openJsonLog = (destination: DestinationStream): Log =>
  pino({ base: undefined, timestamp: pino.stdTimeFunctions.isoTime }, destination)

async function openPrettyLog(destination: DestinationStream): Promise<Log> {
  const { default: pretty } = await import('pino-pretty') // not in production, so it is not paid for there
  const log: Log = pino(
    pretty({ destination, sync: true, ignore: 'pid,hostname', translateTime: 'HH:MM:ss', singleLine: true }),
  )
  return log
}
