import type { Chunk } from '#domain/chat.ts'
import type { GatewayError } from '#domain/errors.ts'
import type { ProviderRequest } from '#providers/adapter.ts'
import { answerOf, scriptedAdapter } from './fake-gateway.ts'

const patient = {
  timeouts: { connectMs: 1e9, firstTokenMs: 1e9, stallMs: 1e9, totalMs: undefined },
}

/** A provider whose answer is written by the test, chunk by chunk. */
export function openTap() {
  const calls: ProviderRequest[] = []
  const waiting: Chunk[] = []
  let wake = () => {}
  const adapter = scriptedAdapter(async (call) => {
    calls.push(call)
    call.onSent()
    let failure: GatewayError | undefined
    call.cancellation.onCancel((reason) => {
      failure = reason
      wake()
    })
    return answerOf(
      (async function* () {
        for (;;) {
          if (failure) throw failure
          const chunk = waiting.shift()
          if (chunk) {
            yield chunk
            if (chunk.end) return
            continue
          }
          await new Promise<void>((resolve) => (wake = resolve))
        }
      })(),
    )
  }, patient)
  const write = (...chunks: Chunk[]) => {
    waiting.push(...chunks)
    wake()
  }
  return { adapter, calls, write }
}
