import type { Dispatcher } from 'undici'
import { Exchange } from '#providers/upstream-exchange.ts'
import type { Upstream, UpstreamRequest } from '#providers/upstream.ts'

const controller: Dispatcher.DispatchController = {
  aborted: false,
  paused: false,
  reason: null,
  abort() {},
  pause() {},
  resume() {},
}

/** The gateway's own end of HTTP, before a network that hands the body over in these slices, some of them at once. */
export function slicedUpstream(
  slices: readonly Buffer[],
  { headers, roll }: { headers: Record<string, string>; roll: (below: number) => number },
): Upstream {
  const send = ({ cancellation, endpoint, onSent }: UpstreamRequest): Exchange => {
    const exchange = new Exchange(endpoint, { cancellation, onSent })
    exchange.onRequestStart(controller)
    exchange.onResponseStart(controller, 200, headers)
    const feed = async () => {
      for (const slice of slices) {
        exchange.onResponseData(controller, slice)
        for (let turns = roll(8); turns > 0; turns--) await Promise.resolve()
      }
      exchange.onResponseEnd()
    }
    void feed()
    return exchange
  }
  return {
    open: async (request) => send(request),
    whole: async (request) => {
      const exchange = send(request)
      const body = await exchange.whole()
      return { status: 200, headers: exchange.headers, body }
    },
    close: async () => {},
  }
}
