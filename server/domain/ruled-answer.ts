import type { ResponseRule, TextAction } from './call-rule.ts'
import type { ChatEvent } from './chat.ts'
import { refusalBy, type RuleEffect } from './ruled-request.ts'
import { TextRewriter } from './text-rewriter.ts'

/** Is told of each thing that a rule does. */
export type EffectListener = (effect: RuleEffect) => void

/**
 * Applies rules to an answer, event by event. Each kind of text, and each tool call's arguments, is a text of its own, of
 * which only what could still become a match is held back.
 */
export class RuledAnswer {
  readonly #rules: readonly ResponseRule[]
  readonly #acted: EffectListener
  readonly #texts = new Map<string, OneText>()

  constructor(rules: readonly ResponseRule[], acted: EffectListener) {
    this.#rules = rules
    this.#acted = acted
  }

  /**
   * @returns What may go out.
   * @throws {GatewayError} CONTENT_BLOCKED where a rule blocks the answer, or cannot look through it in time.
   */
  take(events: readonly ChatEvent[]): readonly ChatEvent[] {
    return events.flatMap((event) => this.#take(event))
  }

  /** What was held back; nothing follows. @throws {GatewayError} As above. */
  finish(): readonly ChatEvent[] {
    return [...this.#texts.values()].flatMap(({ rewriters, withText }) => {
      const text = finished(rewriters)
      return text === '' ? [] : [withText(text)]
    })
  }

  #take(event: ChatEvent): readonly ChatEvent[] {
    switch (event.type) {
      case 'text':
      case 'reasoning':
      case 'refusal': {
        const { type } = event
        const text = this.#rewritten(type, event.text, (rest) => ({ type, text: rest }))
        return text === '' ? [] : [{ type, text }]
      }
      case 'tool-call': {
        const { argumentsDelta: given, index, id, name } = event
        const withText = (rest: string): ChatEvent => ({
          type: 'tool-call',
          index,
          argumentsDelta: rest,
        })
        const argumentsDelta = this.#rewritten(`${event.type} ${index}`, given, withText)
        if (argumentsDelta === '' && given !== '' && id === undefined && name === undefined)
          return []
        return [{ ...event, argumentsDelta }]
      }
      case 'citation':
        return [{ ...event, url: this.#whole(event.url), title: this.#whole(event.title) }]
    }
  }

  #rewritten(key: string, text: string, withText: OneText['withText']): string {
    const known = this.#texts.get(key) ?? { rewriters: this.#rewriters(), withText }
    this.#texts.set(key, known)
    return known.rewriters.reduce((before, rewriter) => rewriter.push(before), text)
  }

  #whole(text: string | null): string | null {
    if (text === null) return null
    const rewriters = this.#rewriters()
    return rewriters.reduce((before, each) => each.push(before), text) + finished(rewriters)
  }

  #rewriters(): readonly TextRewriter[] {
    return this.#rules.flatMap(({ action, name }) =>
      rewritersOf(action, () => this.#acted({ rule: name, action: action.kind, count: 1 })),
    )
  }
}

interface OneText {
  /** What one hands on is what the next one is given. */
  readonly rewriters: readonly TextRewriter[]
  /** The event with which a piece of it goes out. */
  readonly withText: (text: string) => ChatEvent
}

function rewritersOf(action: TextAction, acted: () => void): readonly TextRewriter[] {
  if (action.kind === 'BLOCK') {
    const replace = () => {
      acted()
      throw refusalBy(action.message)
    }
    return action.matchers.map((matcher) => new TextRewriter({ matcher, replace }))
  }
  return action.replacements.map(({ matcher, replacement }) => {
    const replace = () => {
      acted()
      return replacement
    }
    return new TextRewriter({ matcher, replace })
  })
}

function finished(rewriters: readonly TextRewriter[]): string {
  return rewriters.reduce((rest, rewriter) => rewriter.push(rest) + rewriter.finish(), '')
}
