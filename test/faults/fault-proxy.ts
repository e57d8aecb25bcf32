import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'

/** What happens to bytes on their way in one direction. Each part can be changed while the proxy runs. */
export interface Weather {
  /** Every piece comes so much later. @default 0 */
  latencyMs?: number
  /** @default no limit */
  bytesPerSecond?: number
  /** Pieces are no longer than this. @default as they come */
  sliceBytes?: number
  /** What happens behind so many bytes of a connection. @default nothing */
  fault?: { readonly at: number; readonly kind: 'HANG' | 'RESET' | 'HALF_CLOSE' }
}

/** Stands between any two parts that speak TCP, and is bad weather to them. */
export interface FaultProxy {
  readonly port: number
  /** From who connects to who is connected to. */
  up: Weather
  down: Weather
  /** Connections so far. */
  readonly connections: number
  /** Whether new connections are taken; those that are not are reset. @default true */
  open: boolean
  /** Breaks all connections as a crash does. */
  resetAll(): void
  close(): Promise<void>
}

/** @param target The port on loopback to which everything goes. */
export async function startFaultProxy(target: number): Promise<FaultProxy> {
  const pairs = new Set<readonly [Socket, Socket]>()
  let connections = 0

  const server = createServer({ allowHalfOpen: true, noDelay: true }, (near) => {
    connections++
    if (!proxy.open) {
      near.resetAndDestroy()
      return
    }
    const far = connect({ port: target, host: '127.0.0.1', allowHalfOpen: true, noDelay: true })
    const pair = [near, far] as const
    pairs.add(pair)
    for (const socket of pair) {
      socket.on('error', () => {})
      socket.on('close', () => {
        pairs.delete(pair)
        for (const each of pair) each.destroy()
      })
    }
    void carry(near, far, () => proxy.up)
    void carry(far, near, () => proxy.down)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const resetAll = () => {
    for (const [near, far] of pairs) {
      near.resetAndDestroy()
      far.destroy()
    }
  }
  const proxy: FaultProxy = {
    up: {},
    down: {},
    open: true,
    port: (server.address() as AddressInfo).port,
    get connections() {
      return connections
    },
    resetAll,
    async close() {
      server.close()
      resetAll()
      await once(server, 'close')
    },
  }
  return proxy
}

/** Carries bytes from one socket to the other, in the weather of each moment. Never rejects. */
async function carry(from: Socket, to: Socket, weather: () => Weather): Promise<void> {
  let carried = 0
  try {
    for await (const bytes of from as AsyncIterable<Buffer>) {
      let rest = bytes
      while (rest.length > 0) {
        const { bytesPerSecond, fault, latencyMs = 0, sliceBytes = rest.length } = weather()
        const left = fault ? Math.max(0, fault.at - carried) : Infinity
        const piece = rest.subarray(0, Math.min(sliceBytes, left))
        rest = rest.subarray(piece.length)
        const ms = latencyMs + (bytesPerSecond ? (piece.length / bytesPerSecond) * 1000 : 0)
        if (ms > 0) await delay(ms)
        if (piece.length > 0) await written(to, piece)
        carried += piece.length
        if (!fault || carried < fault.at) continue
        if (fault.kind === 'RESET') to.resetAndDestroy()
        if (fault.kind === 'HALF_CLOSE') to.end()
        // Nothing more is carried in this direction; leaving the loop would close the other one as well.
        await once(from, 'close')
        return
      }
    }
    to.end()
  } catch {
    to.destroy()
  }
}

function written(to: Socket, bytes: Buffer): Promise<void> {
  return new Promise((resolve) => to.write(bytes, () => resolve()))
}
