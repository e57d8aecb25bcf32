import { createServer, type Socket } from 'node:net'

/** As much of Redis as a client needs to connect, with counters that any script adds to. */
export interface RedisDouble {
  readonly port: number
  /** By key. */
  readonly counters: Map<string, number>
  /** Answers scripts with an error, as a server does that is full. */
  refuses: boolean
  /** Cuts all connections and takes no others. */
  close(): Promise<void>
}

/** @param port 0 is a free one. */
export async function redisDouble(port = 0): Promise<RedisDouble> {
  const sockets = new Set<Socket>()
  const counters = new Map<string, number>()

  let queued: string[] | undefined
  const later = (reply: string) => {
    queued?.push(reply)
    return '+QUEUED\r\n'
  }

  const answer = ([name = '', ...args]: readonly string[]): string => {
    const [counted] = args.map((key) => counters.get(key))
    switch (name.toUpperCase()) {
      case 'MULTI':
        queued = []
        return '+OK\r\n'
      case 'GET':
        return later(
          counted === undefined ? '$-1\r\n' : `$${`${counted}`.length}\r\n${counted}\r\n`,
        )
      case 'PTTL':
        return later(`:${counted === undefined ? -2 : 60_000}\r\n`)
      case 'EXEC':
        return `*${queued?.length}\r\n${queued?.join('')}`
      case 'HELLO':
        return '%1\r\n$6\r\nserver\r\n$5\r\nredis\r\n'
      case 'INFO':
        return '$9\r\nloading:0\r\n'
      case 'EVAL':
      case 'EVALSHA': {
        if (double.refuses) return '-OOM command not allowed\r\n'
        const [, , key = '', points = '0'] = args
        const consumed = (counters.get(key) ?? 0) + Number(points)
        counters.set(key, consumed)
        return `*2\r\n:${consumed}\r\n:60000\r\n`
      }
      default:
        return '+OK\r\n'
    }
  }

  const server = createServer((socket) => {
    sockets.add(socket)
    socket.on('close', () => sockets.delete(socket))
    socket.on('error', () => {})
    let text = ''
    socket.on('data', (part) => {
      text += part.toString('latin1')
      for (;;) {
        const command = firstCommand(text)
        if (!command) return
        text = text.slice(command.length)
        socket.write(answer(command.words))
      }
    })
  })
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve))
  const address = server.address()
  const double = {
    port: typeof address === 'object' && address ? address.port : 0,
    counters,
    refuses: false,
    close: () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve())
        for (const socket of sockets) socket.destroy()
      }),
  }
  return double
}

/** A command as clients write it: `*2\r\n$4\r\nINFO\r\n...`; undefined while it is not whole. */
function firstCommand(text: string): { words: readonly string[]; length: number } | undefined {
  const head = /^\*(\d+)\r\n/.exec(text)
  if (!head) return undefined
  let at = head[0].length
  const words: string[] = []
  for (let index = 0; index < Number(head[1]); index++) {
    const size = /^\$(\d+)\r\n/.exec(text.slice(at, at + 20))
    if (!size) return undefined
    at += size[0].length
    const end = at + Number(size[1])
    if (text.length < end + 2) return undefined
    words.push(text.slice(at, end))
    at = end + 2
  }
  return { words, length: at }
}
