import { describe, expect, it } from 'vitest'
import { idempotencyKeyFault, parseIdempotencyKey } from '#domain/idempotency-key.ts'

describe('an Idempotency-Key header', () => {
  it.each([
    ['"8e03978e-40d5-43dd-bc93-6894a57f9324"', '8e03978e-40d5-43dd-bc93-6894a57f9324'],
    ['bare-key', 'bare-key'],
    ['  "spaced"  ', 'spaced'],
    [String.raw`"a \"quoted\" word and a \\"`, String.raw`a "quoted" word and a \ `.trim()],
    ['with spaces, and a "', 'with spaces, and a "'],
    [`"${'x'.repeat(255)}"`, 'x'.repeat(255)],
  ])('%s names %s', (header, key) => {
    expect(parseIdempotencyKey(header)).toBe(key)
  })

  it.each([
    ['""', 'empty'],
    ['', 'empty'],
    ['"a", "b"', 'one quoted string'],
    ['"open', 'one quoted string'],
    ['"k";v=1', 'one quoted string'],
    ['x'.repeat(256), '255'],
    [`"${'x'.repeat(256)}"`, '255'],
    ['a\tb', 'control'],
    ['a\u0080b', 'control'],
  ])('%j is refused: %s', (header, words) => {
    expect(() => parseIdempotencyKey(header)).toThrow(
      expect.objectContaining({ code: 'INVALID_REQUEST', message: expect.stringContaining(words) }),
    )
  })

  it('must be text that a table can hold', () => {
    expect(idempotencyKeyFault('\ud800')).toBe('must be well-formed text')
    expect(idempotencyKeyFault('schlüssel 🔑')).toBeUndefined()
  })
})
