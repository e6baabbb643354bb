import { createServer, type Socket } from 'node:net'
import { SMTPServer, type SMTPServerOptions } from 'smtp-server'

const running: (() => unknown)[] = []

/** Call it in `afterEach` of each file: a hook in this module would apply to the first file only. */
export const stopMailServers = () => Promise.all(running.splice(0).map((stop) => stop()))

type ReceivedMail = { from: string; to: string[]; bytes: Buffer; isEncrypted: boolean }

/** The reply of a mail server, like `reply(550, '5.1.1 no such user')`. */
export const reply = (responseCode: number, text: string) => Object.assign(new Error(text), { responseCode })

/** A mail server that accepts everything, unless the options say otherwise. Without STARTTLS. */
export async function startMailServer(options: SMTPServerOptions = {}) {
  const mails: ReceivedMail[] = []
  const server = new SMTPServer({
    authOptional: true,
    allowInsecureAuth: true,
    hideSTARTTLS: true,
    disableReverseLookup: true,
    logger: false,
    closeTimeout: 0,
    onData(stream, { envelope: { mailFrom, rcptTo }, secure }, done) {
      const chunks: Buffer[] = []
      stream.on('data', (chunk: Buffer) => chunks.push(chunk))
      stream.on('end', () => {
        const from = mailFrom ? mailFrom.address : ''
        mails.push({
          from,
          to: rcptTo.map(({ address }) => address),
          bytes: Buffer.concat(chunks),
          isEncrypted: secure,
        })
        done()
      })
    },
    ...options,
  })
  server.on('error', () => undefined) // a client that rejects the certificate would end the process
  const { promise, resolve } = Promise.withResolvers<void>()
  server.listen(0, '127.0.0.1', resolve)
  await promise
  running.push(() => new Promise<void>((stopped) => server.close(stopped)))
  return { port: portOf(server.server.address()), mails }
}

/** `cut` ends the connection, and `reset` does so by a TCP reset. Undefined answers nothing. */
export type Answer = (line: string) => string | undefined

/** What a plain mail server answers. */
export const accept: Answer = (line) => {
  if (line === '') return undefined
  if (line.startsWith('DATA')) return '354 go on'
  return /^(connect|QUIT)/.test(line) ? '220 mail.test' : /^(EHLO|MAIL|RCPT|RSET|\.$)/.test(line) ? '250 ok' : undefined
}

/** A server that answers each line by this function, and `connect` with the greeting. */
export async function startScriptedServer(answer: Answer) {
  const lines: string[] = []
  const sockets = new Set<Socket>()
  const server = createServer((socket) => {
    sockets.add(socket)
    const hear = (line: string) => {
      lines.push(line)
      const text = answer(line)
      if (text === 'cut') socket.destroy()
      else if (text === 'reset') socket.resetAndDestroy()
      else if (text !== undefined) socket.write(`${text}\r\n`)
    }
    socket.on('error', () => undefined)
    socket.on('data', (chunk) => `${chunk}`.split('\r\n').slice(0, -1).forEach(hear))
    hear('connect')
  })
  const { promise, resolve } = Promise.withResolvers<void>()
  server.listen(0, '127.0.0.1', resolve)
  await promise
  running.push(() => {
    server.close()
    sockets.forEach((socket) => socket.destroy())
  })
  const hangUp = () => sockets.forEach((socket) => socket.end())
  return { port: portOf(server.address()), lines, hangUp }
}

function portOf(address: unknown) {
  if (typeof address === 'object' && address !== null && 'port' in address) return Number(address.port)
  throw new Error('the server does not listen')
}
