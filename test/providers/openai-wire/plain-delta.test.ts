import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { JsonObject } from '#domain/chat.ts'
import { PlainDelta } from '#providers/openai-wire/plain-delta.ts'

const chunk = (content: string, over: object = {}) => ({
  id: 'c1',
  model: 'm',
  choices: [{ index: 0, delta: { content }, finish_reason: null }],
  ...over,
})

/** The event as it stands among other bytes. */
function line(data: string) {
  const bytes = Buffer.from(`data: ${data}\n\n`)
  return { bytes, from: 6, to: bytes.length - 2 }
}

function learned(value: object): PlainDelta {
  const plain = new PlainDelta()
  plain.learn(JSON.stringify(value), value as JsonObject)
  return plain
}

describe('PlainDelta', () => {
  it('reads what parsing would, or nothing', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.string({ unit: 'binary' }), (first, next) => {
        const text = learned(chunk(first)).textOf(line(JSON.stringify(chunk(next))))
        expect(text ?? next).toBe(next)
      }),
    )
  })

  it('knows the text of an event like the one before', () => {
    expect(learned(chunk('Hel')).textOf(line(JSON.stringify(chunk('lo'))))).toBe('lo')
  })

  it.each<[string, object]>([
    ['another model', chunk('lo', { model: 'n' })],
    ['usage', chunk('lo', { usage: { prompt_tokens: 1 } })],
    ['the end', chunk('lo', { choices: [{ index: 0, delta: {}, finish_reason: 'stop' }] })],
    ['a second choice', chunk('lo', { choices: [{ index: 1, delta: { content: 'lo' } }] })],
    ['an escape', chunk('a "word"')],
  ])('leaves an event with %s to be parsed', (_what, event) => {
    expect(learned(chunk('Hel')).textOf(line(JSON.stringify(event)))).toBeUndefined()
  })

  it.each<[string, object]>([
    ['usage', chunk('Hel', { usage: { prompt_tokens: 1 } })],
    ['a role', chunk('', { choices: [{ index: 0, delta: { role: 'assistant', content: '' } }] })],
    [
      'an end',
      chunk('', { choices: [{ index: 0, delta: { content: '' }, finish_reason: 'stop' }] }),
    ],
    ['the name of its text twice', chunk('Hel', { content: 'Hel' })],
  ])('takes no event with %s as a pattern', (_what, event) => {
    expect(learned(event).textOf(line(JSON.stringify(event)))).toBeUndefined()
  })

  it('does not take one text for two that overlap', () => {
    const plain = learned(chunk(''))
    const [before, after] = JSON.stringify(chunk('')).split('""')
    expect(plain.textOf(line(`${before}"${after}`))).toBeUndefined()
  })
})
