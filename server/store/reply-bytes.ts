import { promisify } from 'node:util'
import { deserialize, serialize } from 'node:v8'
import { deflate, inflate } from 'node:zlib'
import type { KeptReply } from '#gateway/kept-reply.ts'

const compress = promisify(deflate)
const expand = promisify(inflate)

/** No kept answer comes near it. */
const maxOutputLength = 256 * 1024 * 1024

/** An answer as it is stored: V8's own format, which keeps bytes and whole numbers exact, compressed. */
export async function replyBytes(reply: KeptReply): Promise<Buffer> {
  return compress(serialize(reply))
}

/** @throws {Error} When the bytes are not an answer. */
export async function replyOf(bytes: Uint8Array): Promise<KeptReply> {
  const reply: KeptReply = deserialize(await expand(bytes, { maxOutputLength }))
  return reply
}
