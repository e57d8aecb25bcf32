import { Pool } from 'undici'

export interface Load {
  readonly origin: string
  readonly path: string
  readonly body: string
  readonly connections: number
  readonly requests: number
  /** Must occur in every answer, so that fast failures are never counted as speed. */
  readonly expected: string
  readonly headers?: Readonly<Record<string, string>>
}

/** Sends requests as fast as they are answered, always as many at once as there are connections. */
export async function runLoad(load: Load): Promise<{ seconds: number }> {
  const pool = new Pool(load.origin, { connections: load.connections, pipelining: 1 })
  const headers = {
    'content-type': 'application/json',
    accept: 'application/json',
    ...load.headers,
  }
  let sent = 0
  const started = performance.now()

  const one = () =>
    new Promise<void>((resolve, reject) => {
      let text = ''
      pool.dispatch(
        { path: load.path, method: 'POST', headers, body: load.body },
        {
          onRequestStart: () => {},
          onResponseStart: () => {},
          onResponseData: (_controller, part) => {
            text += part.toString('latin1')
          },
          onResponseEnd: () => {
            if (text.includes(load.expected)) resolve()
            else reject(new Error(`unexpected answer: ${text.slice(0, 500)}`))
          },
          onResponseError: (_controller, error) => reject(error),
        },
      )
    })

  const lane = async () => {
    while (sent < load.requests) {
      sent++
      await one()
    }
  }
  try {
    await Promise.all(Array.from({ length: load.connections }, lane))
    return { seconds: (performance.now() - started) / 1000 }
  } finally {
    await pool.destroy()
  }
}
