import type { JsonObject } from '#domain/chat.ts'
import type { ByteRange } from '../sse-frame.ts'
import { listOf, objectOf } from './shape.ts'

const key = '"content"'
const opening = `${key}:"`

/** Text that stands in JSON as it is. */
const plain = /^[ !#-[\]-\uffff]*$/

/**
 * Reads the text out of events that differ from an earlier one in nothing but their text, as nearly all events of a
 * stream do: parsing them is most of what a stream costs.
 */
export class PlainDelta {
  #before: Buffer | undefined
  #after = Buffer.alloc(0)

  /** The text of an event that is like the learned one; undefined where it has to be parsed. */
  textOf({ bytes, from, to }: ByteRange): string | undefined {
    const before = this.#before
    if (!before) return undefined
    const textFrom = from + before.length
    const textTo = to - this.#after.length
    if (textFrom > textTo) return undefined
    if (before.compare(bytes, from, textFrom) !== 0) return undefined
    if (this.#after.compare(bytes, textTo, to) !== 0) return undefined
    const text = bytes.toString('utf8', textFrom, textTo)
    return plain.test(text) ? text : undefined
  }

  /** Takes an event as the pattern for those behind it, if it brought nothing but a text. */
  learn(data: string, chunk: JsonObject): void {
    const text = onlyText(chunk)
    if (text === undefined || !plain.test(text)) return
    const start = data.indexOf(key)
    // Were there two of that name, which one of them is the text could not be told.
    if (!data.startsWith(`${opening}${text}"`, start) || data.includes(key, start + 1)) return
    const textStart = start + opening.length
    this.#before = Buffer.from(data.slice(0, textStart))
    this.#after = Buffer.from(data.slice(textStart + text.length))
  }
}

function onlyText(chunk: JsonObject): string | undefined {
  const choices = listOf(chunk['choices'])
  const choice = choices.length === 1 ? objectOf(choices[0]) : undefined
  const delta = objectOf(choice?.['delta'])
  if (!delta || chunk['usage'] || chunk['citations'] || choice?.['finish_reason']) return undefined
  if (choice?.['index'] !== 0 || Object.keys(delta).length !== 1) return undefined
  return typeof delta['content'] === 'string' ? delta['content'] : undefined
}
