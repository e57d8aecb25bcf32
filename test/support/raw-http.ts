import { connect } from 'node:net'

/** What came back on a socket, taken apart. */
export interface RawAnswer {
  readonly status: number
  /** Lower-case names; the last of several wins. */
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
  readonly text: string
}

/** Sends bytes as they are and reads until the server closes, or until `until` has come. `thenEnd` closes our side. */
export function rawRequest(
  port: number,
  bytes: string | Buffer,
  { until, thenEnd = false }: { until?: RegExp; thenEnd?: boolean } = {},
): Promise<RawAnswer> {
  return new Promise((resolve, reject) => {
    let text = ''
    const socket = connect(port, '127.0.0.1', () => {
      socket.write(bytes)
      if (thenEnd) socket.end()
    })
    const finish = () => {
      socket.destroy()
      resolve(takenApart(text))
    }
    socket.on('data', (part) => {
      text += part.toString('latin1')
      if (until?.test(text)) finish()
    })
    socket.on('close', finish)
    socket.on('error', (error) => (text === '' ? reject(error) : finish()))
  })
}

function takenApart(text: string): RawAnswer {
  const [head = '', ...rest] = text.split('\r\n\r\n')
  const [line = '', ...fields] = head.split('\r\n')
  const headers = Object.fromEntries(
    fields.map((field) => {
      const colon = field.indexOf(':')
      return [field.slice(0, colon).toLowerCase(), field.slice(colon + 1).trim()]
    }),
  )
  return { status: Number(line.split(' ')[1]), headers, body: rest.join('\r\n\r\n'), text }
}
