import type { Chunk } from '#domain/chat.ts'
import { GatewayError } from '#domain/errors.ts'
import type { RequestRecord } from '#domain/request-record.ts'
import type { Reply } from './call.ts'
import { ChunkChain, type ChunkLink } from './chunk-chain.ts'
import {
  type KeptHead,
  keptHead,
  type KeptReply,
  keptReply,
  mostKeptBytes,
  replayedError,
} from './kept-reply.ts'

/** What is there of an answer, and whatever else its readers are told; each change is told to who waits. */
export class AnswerSoFar {
  /** The call that is answered. */
  requestId: string
  head: KeptHead | undefined
  /** How the call was settled; set before the last chunk or the failure. */
  record: RequestRecord | undefined
  /** Whether nothing follows. */
  isOver = false
  readonly #chunks = new ChunkChain(mostKeptBytes)
  #error: GatewayError | undefined
  /** What is thrown to all but the first caller, where the failure is kept. */
  #keptError: GatewayError | undefined
  #change = Promise.withResolvers<void>()

  constructor(requestId: string) {
    this.requestId = requestId
  }

  get bytes(): number {
    return this.#chunks.bytes
  }

  /** Where a reader begins; undefined when it is too late for that. */
  get first(): ChunkLink | undefined {
    return this.#chunks.first
  }

  /** Where the next chunk comes. */
  get last(): ChunkLink {
    return this.#chunks.last
  }

  /** Resolves at the next change. */
  get change(): Promise<void> {
    return this.#change.promise
  }

  open(answer: Reply): void {
    this.head = keptHead(answer)
    this.tell()
  }

  append(chunk: Chunk): void {
    this.#chunks.append(chunk)
    if (chunk.end) this.isOver = true
    this.tell()
  }

  /** The answer with its last chunk or its failure, as it is to be kept. */
  kept({ last, error }: { last?: Chunk; error?: GatewayError }): KeptReply {
    const { head, record, requestId } = this
    return keptReply({ requestId, head, record, error, chunks: this.#chunks.with(last) })
  }

  /** @param kept Where the failure is kept: what whoever asks again is told. */
  end(error?: GatewayError, kept?: KeptReply): void {
    this.isOver = true
    this.#error = error
    if (kept?.failure) {
      const { failure, head, requestId } = kept
      this.#keptError = replayedError(failure, { requestId, begun: head !== undefined })
    }
    this.tell()
  }

  /** Takes over what was kept before. */
  replay(kept: KeptReply): void {
    this.requestId = kept.requestId
    this.head = kept.head
    this.record = kept.record
    for (const chunk of kept.chunks) this.#chunks.append(chunk)
    this.end(undefined, kept)
  }

  /** What it failed with; undefined when it did not. */
  failure({ isFirst }: { isFirst: boolean }): GatewayError | undefined {
    return (isFirst ? this.#error : undefined) ?? this.#keptError ?? this.#error
  }

  /** Lets those who wait look again. */
  tell(): void {
    const { resolve } = this.#change
    this.#change = Promise.withResolvers()
    resolve()
  }
}
