import type { Chunk } from '#domain/chat.ts'
import type { Answer, Attempt } from '../call.ts'
import { HeldChunks } from '../held-chunks.ts'
import type { Step } from '../pipeline.ts'
import type { Clock } from '../ports.ts'

/**
 * Holds an answer back until its first event is there (or, where the route wants that, until it is whole), so that what
 * fails before can be tried again or elsewhere: nobody has seen anything of it. With a v0.7.2 file nothing is held back.
 */
export const holdBack =
  (clock: Clock): Step<Attempt, Answer> =>
  (next) =>
    async function begun(attempt) {
      const answer = await next(attempt)
      if (attempt.target.adapter.config.legacy) return answer
      const isEnough = attempt.call.route?.streamGuard === 'BUFFER' ? isWhole : hasBegun
      return { ...answer, chunks: await heldUntil(isEnough, { answer, clock }) }
    }

const isWhole = ({ end }: Chunk): boolean => end !== undefined
const hasBegun = ({ end, producedBytes }: Chunk): boolean => end !== undefined || producedBytes > 0

async function heldUntil(
  isEnough: (chunk: Chunk) => boolean,
  { answer, clock }: { answer: Answer; clock: Clock },
): Promise<HeldChunks> {
  const { attempt, chunks } = answer
  const source = chunks[Symbol.asyncIterator]()
  const held: Chunk[] = []
  for (;;) {
    attempt.waitingSince ??= clock.now()
    const read = await source.next()
    if (read.done) break
    const chunk = read.value
    held.push(chunk)
    attempt.producedBytes += chunk.producedBytes
    if (!chunk.isComment) {
      attempt.waitingSince = undefined
      if (hasBegun(chunk)) attempt.firstTokenAt ??= clock.now()
    }
    // It is billed as it says, whether anybody reads it or not.
    if (chunk.end) attempt.end = chunk.end
    if (isEnough(chunk)) break
  }
  const { state, calledAt, firstTokenAt } = attempt
  const now = clock.now()
  state.latency.observe((firstTokenAt ?? now) - calledAt, now)
  return new HeldChunks(held, { source, attempt })
}
