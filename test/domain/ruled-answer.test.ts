import fc from 'fast-check'
import { expect, it } from 'vitest'
import { AnswerDraft } from '#domain/answer-draft.ts'
import type { ResponseRule } from '#domain/call-rule.ts'
import type { ChatEvent } from '#domain/chat.ts'
import { detectors } from '#domain/detector.ts'
import { RuledAnswer } from '#domain/ruled-answer.ts'

const { matcher, placeholder: replacement } = detectors.email
const redact: ResponseRule = {
  name: 'mail',
  when: {},
  on: 'RESPONSE',
  action: { kind: 'REDACT', replacements: [{ matcher, replacement }] },
}

/** What a reader has of it. */
function read(events: readonly ChatEvent[], rules: readonly ResponseRule[] = [redact]) {
  const draft = new AnswerDraft()
  const ruled = new RuledAnswer(rules, () => {})
  for (const event of events) for (const out of ruled.take([event])) draft.add(out)
  for (const out of ruled.finish()) draft.add(out)
  return draft.content()
}

const pieces = fc
  .array(fc.constantFrom('ann', '@', 'example', '.com', ' ', 'b@c.de', '{"to":"', '"}'), {
    maxLength: 12,
  })
  .map((words) => words.join(''))
const event = fc.oneof(
  fc
    .tuple(fc.constantFrom('text' as const, 'reasoning' as const, 'refusal' as const), pieces)
    .map(([type, text]): ChatEvent => ({ type, text })),
  fc.tuple(fc.nat({ max: 1 }), pieces).map(([index, argumentsDelta]): ChatEvent => ({
    type: 'tool-call',
    index,
    id: `call-${index}`,
    argumentsDelta,
  })),
)

it('is the same answer whether its pieces come one by one or as one', () => {
  fc.assert(
    fc.property(fc.array(event, { maxLength: 20 }), (events) => {
      const draft = new AnswerDraft()
      for (const each of events) draft.add(each)
      const whole = draft.content()
      const joined: ChatEvent[] = [
        { type: 'text', text: whole.text },
        ...(whole.reasoning === null
          ? []
          : [{ type: 'reasoning' as const, text: whole.reasoning }]),
        ...(whole.refusal === null ? [] : [{ type: 'refusal' as const, text: whole.refusal }]),
        ...whole.toolCalls.map(({ id, argumentsJson: argumentsDelta }, index): ChatEvent => ({
          type: 'tool-call',
          index: Number(id.at(-1) ?? index),
          id,
          argumentsDelta,
        })),
      ]
      const texts = ({ reasoning, refusal, text, toolCalls }: typeof whole) => ({
        text,
        reasoning: reasoning ?? '',
        refusal: refusal ?? '',
        toolCalls,
      })
      expect(texts(read(events))).toEqual(texts(read(joined)))
    }),
    { numRuns: 1000 },
  )
})

it('has citations redacted, each by itself', () => {
  const { citations } = read([
    { type: 'citation', url: 'https://x.org/?q=ann@x.org', title: null },
    { type: 'citation', url: null, title: 'By ann@x.org' },
  ])
  expect(citations).toEqual([
    { url: 'https://x.org/?q=[EMAIL]', title: null },
    { url: null, title: 'By [EMAIL]' },
  ])
})

it('is stopped by a rule that blocks, which is told', () => {
  const told: unknown[] = []
  const block: ResponseRule = {
    name: 'stop',
    when: {},
    on: 'RESPONSE',
    action: { kind: 'BLOCK', matchers: [matcher], message: 'No mail.' },
  }
  const ruled = new RuledAnswer([block], (effect) => told.push(effect))
  expect(ruled.take([{ type: 'text', text: 'Ask ann@x' }])).toEqual([
    { type: 'text', text: 'Ask ' },
  ])
  expect(() => ruled.take([{ type: 'text', text: '.org now' }])).toThrow('No mail.')
  expect(told).toEqual([{ rule: 'stop', action: 'BLOCK', count: 1 }])
})
