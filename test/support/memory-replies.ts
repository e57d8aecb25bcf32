import { GatewayError } from '#domain/errors.ts'
import { requestIdentity } from '#domain/request-identity.ts'
import type { KeptReply } from '#gateway/kept-reply.ts'
import type { Replies, ReplyClaim, ReplyName } from '#gateway/ports.ts'

interface Entry {
  readonly text: string
  readonly requestId: string
  reply: KeptReply | undefined
}

/** Keeps answers by idempotency key in memory, for one replica or for several that share it. */
export class MemoryReplies implements Replies {
  readonly entries = new Map<string, Entry>()
  /** What is thrown instead of a claim. */
  failure: GatewayError | undefined
  /** The claims that were asked for. */
  claims = 0
  #change = Promise.withResolvers<void>()

  async claim(name: ReplyName): Promise<ReplyClaim> {
    this.claims++
    if (this.failure) throw this.failure
    const { requestId } = name
    const text = requestIdentity(name)
    const entry = this.entries.get(nameOf(name))
    if (!entry) {
      this.entries.set(nameOf(name), { text, requestId, reply: undefined })
      return { state: 'MINE' }
    }
    if (entry.text !== text) throw new GatewayError('IDEMPOTENCY_CONFLICT', 'another')
    return entry.reply ? { state: 'KEPT', reply: entry.reply } : { state: 'RUNNING' }
  }

  async keep(name: ReplyName, reply: KeptReply): Promise<void> {
    const entry = this.entries.get(nameOf(name))
    if (entry) entry.reply = structuredClone(reply)
    this.#tell()
  }

  async free(name: ReplyName): Promise<void> {
    this.entries.delete(nameOf(name))
    this.#tell()
  }

  changed(_name: ReplyName, cancellation: { onCancel(listener: () => void): () => void }) {
    return new Promise<void>((resolve) => {
      cancellation.onCancel(() => resolve())
      void this.#change.promise.then(resolve)
    })
  }

  #tell(): void {
    const { resolve } = this.#change
    this.#change = Promise.withResolvers()
    resolve()
  }
}

const nameOf = ({ apiKeyId, key, tenantId }: ReplyName) => `${tenantId} ${apiKeyId} ${key}`
