import pino, { type DestinationStream } from 'pino'

export type { DestinationStream }

type Write = (fields: object, message: string) => void

export interface Log {
  info: Write
  warn: Write
  error: Write
}

/** One line for each event: JSON for machines, or coloured text for the person at the terminal. */
export const openLog = async (format: 'pretty' | 'json', destination?: DestinationStream) =>
  format === 'json'
    ? openJsonLog(destination ?? turnByTurn(openOutput(1)))
    : await openPrettyLog(destination ?? openOutput(1))

/** For programs whose standard output is for their results. */
export const openStderr = () => openOutput(2)

/** An output on which nothing depends: where it is full or closed the lines are lost, and the site goes on. */
function openOutput(fd: 1 | 2) {
  const output = pino.destination({ fd, sync: true, maxLength: 1_000_000 })
  output.on('error', () => undefined)
  return output
}

const MOST = 64 * 1024 // letters, a good deal below what an output takes at once

/**
 * What is said in one turn of the event loop is written at once, after the answers that it is about are on their way: a
 * write for each line would be a tenth of what a busy server does. Whatever ends the process writes the rest, but `kill -9`.
 */
function turnByTurn(output: DestinationStream): DestinationStream {
  let lines = ''
  function write() {
    const said = lines
    lines = ''
    if (said !== '') output.write(said)
  }
  process.on('exit', write)
  return {
    write(line) {
      if (lines === '') setImmediate(write)
      lines += line
      if (lines.length > MOST) write()
    },
  }
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
