import { connect } from 'node:net'

/** A form that arrives slowly: the head and the first byte are sent when the promise resolves. */
export async function slowRequest(port: string | undefined, path: string, fields: Record<string, string>) {
  const body = `${new URLSearchParams(fields)}`
  const type = 'application/x-www-form-urlencoded'
  const head = `POST ${path} HTTP/1.1\r\nHost: localhost:${port}\r\nContent-Type: ${type}\r\nContent-Length: ${body.length}\r\n\r\n`
  const socket = connect(Number(port), 'localhost')
  const answer = new Promise<string>((resolve) => {
    socket.on('data', (data) => resolve(`${data}`.split('\r\n')[0] ?? ''))
    for (const end of ['error', 'close']) socket.on(end, () => resolve('cut off'))
  })
  let sent = 0
  const send = (length = body.length) =>
    new Promise((resolve) => socket.write(body.slice(sent, (sent += length)), resolve))
  await new Promise((resolve) => socket.write(head, resolve))
  await send(1)
  return { /** The status line, or that there was none. */ answer, send }
}
