import type { AnswerEnd, FinishReason, JsonObject } from '#domain/chat.ts'
import { normalUsage, type TokenUsage } from '#domain/usage.ts'
import { losslessObject } from '../openai-wire/lossless.ts'
import type { Produced } from '../openai-wire/message.ts'
import { listOf, objectOf, textOf } from '../openai-wire/shape.ts'

/** Reads the objects of one answer, in their order, into the normal form. */
export class AnswerParts {
  readonly #callId: string
  #toolCalls = 0

  /** @param callId Makes ids for tool calls, which Ollama may leave out. */
  constructor(callId: string) {
    this.#callId = callId
  }

  /**
   * Reads one object; what it brings of the answer goes into `produced`.
   *
   * @param text Its source: arguments of tools are taken from it without losing a digit.
   */
  read(part: JsonObject, { text, produced }: { text: string; produced: Produced }): void {
    const message = objectOf(part['message'])
    if (!message) return
    produced.read(
      {
        content: message['content'],
        reasoning_content: message['thinking'],
        tool_calls: this.#calls(message, text),
      },
      { first: true },
    )
  }

  /** Reads how the answer ended from its last object. */
  endOf(last: JsonObject): AnswerEnd {
    return {
      finishReason: this.#finishReason(last),
      usage: usageOf(last),
      servedModel: textOf(last['model']),
    }
  }

  #calls(message: JsonObject, text: string): JsonObject[] | undefined {
    const count = listOf(message['tool_calls']).length
    if (count === 0) return undefined
    const exact = objectOf(losslessObject(text)?.['message']) ?? message
    return listOf(exact['tool_calls']).map((value) => {
      const call = objectOf(value)
      const index = this.#toolCalls++
      const called = objectOf(call?.['function'])
      const id =
        textOf(call?.['id']) ?? `call_${this.#callId.replaceAll('-', '').slice(-24)}${index}`
      return {
        index,
        id,
        function: { name: called?.['name'], arguments: called?.['arguments'] ?? {} },
      }
    })
  }

  #finishReason(last: JsonObject): FinishReason {
    if (last['done_reason'] === 'length') return 'LENGTH'
    return this.#toolCalls > 0 ? 'TOOL_CALLS' : 'STOP'
  }
}

/** Ollama leaves counts of zero out: an answer of no tokens has a prompt's count alone. */
function usageOf(last: JsonObject): TokenUsage | undefined {
  return normalUsage({
    inputTokens: last['prompt_eval_count'],
    outputTokens: last['eval_count'] ?? 0,
  })
}
