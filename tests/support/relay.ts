import type { Socket } from 'bun'

type Peer = Socket<{ other?: Peer; pending: Uint8Array[]; wasAnswered: boolean }>

/** Milliseconds that each answer takes, so that a message which did not wait for it comes before it. */
const DELAY = 5

/** A relay in front of a server. It counts each time that the client sends after an answer. */
export function startRelay({ hostname, port: serverPort }: Pick<URL, 'hostname' | 'port'>) {
  let count = 0
  const data = () => ({ pending: [], wasAnswered: true })
  const pass = (socket: Peer, bytes: Uint8Array) => {
    const { other } = socket.data
    if (other) other.write(bytes)
    else socket.data.pending.push(bytes.slice())
  }
  const relay = Bun.listen<Peer['data']>({
    hostname: '127.0.0.1',
    port: 0,
    data: data(),
    socket: {
      async open(client) {
        client.data = data()
        const server = await Bun.connect<Peer['data']>({
          hostname,
          port: Number(serverPort || 5432),
          data: data(),
          socket: {
            data(_, bytes) {
              const answer = bytes.slice()
              setTimeout(() => {
                client.data.wasAnswered = true
                client.write(answer)
              }, DELAY)
            },
            close: () => void client.end(),
          },
        })
        client.data.other = server
        for (const bytes of client.data.pending.splice(0)) server.write(bytes)
      },
      data(client, bytes) {
        if (client.data.wasAnswered) count++
        client.data.wasAnswered = false
        pass(client, bytes)
      },
      close: (client) => void client.data.other?.end(),
    },
  })
  return {
    port: relay.port,
    async countDuring(work: () => Promise<unknown>) {
      const before = count
      await work()
      return count - before
    },
    stop: () => relay.stop(true),
  }
}
