import { expect, it } from 'vitest'
import { AnswerDraft } from '#domain/answer-draft.ts'
import type { ChatEvent } from '#domain/chat.ts'

const drafted = (events: readonly ChatEvent[]) => {
  const draft = new AnswerDraft()
  for (const event of events) draft.add(event)
  return draft.content()
}

it('keeps what there was none of apart from what was empty', () => {
  expect(drafted([])).toEqual({
    text: '',
    reasoning: null,
    refusal: null,
    toolCalls: [],
    citations: [],
  })
  expect(
    drafted([
      { type: 'reasoning', text: '' },
      { type: 'refusal', text: '' },
    ]),
  ).toMatchObject({ reasoning: '', refusal: '' })
})

it('puts tool calls together by their index, however their pieces come', () => {
  const events: ChatEvent[] = [
    { type: 'tool-call', index: 1, id: 'b', name: 'second', argumentsDelta: '{"x"' },
    { type: 'tool-call', index: 0, id: 'a', name: 'first', argumentsDelta: '' },
    { type: 'tool-call', index: 1, argumentsDelta: ':1}' },
    { type: 'tool-call', index: 0, argumentsDelta: '{}' },
  ]
  expect(drafted(events).toolCalls).toEqual([
    { id: 'a', name: 'first', argumentsJson: '{}' },
    { id: 'b', name: 'second', argumentsJson: '{"x":1}' },
  ])
})

it('names a call whose provider did not', () => {
  expect(
    drafted([{ type: 'tool-call', index: 3, name: 'f', argumentsDelta: '' }]).toolCalls[0]?.id,
  ).toBe('call_3')
})
