import { expect, it } from 'vitest'
import { checkAccessInput } from '#domain/access-input.ts'
import { GatewayError } from '#domain/errors.ts'

/** The fields that are wrong. */
function wrong(given: Parameters<typeof checkAccessInput>[0]): readonly (string | undefined)[] {
  try {
    checkAccessInput(given)
    return []
  } catch (thrown) {
    if (!(thrown instanceof GatewayError)) throw thrown
    return (thrown.details.issues ?? []).map(({ path }) => path.at(-1))
  }
}

it.each([
  { name: 'Ada’s team', slug: 'a-1', allowedModels: ['openai:*'], retentionDays: 1 },
  { slug: 'a'.repeat(63), graceSeconds: 0 },
  { name: 'n'.repeat(100), graceSeconds: 2_592_000, retentionDays: 3650 },
  {},
])('%j is well', (given) => {
  expect(wrong(given)).toEqual([])
})

it.each([
  [{ name: '' }, ['name']],
  [{ name: ' x' }, ['name']],
  [{ name: 'a\nb' }, ['name']],
  [{ name: '\ud800' }, ['name']],
  [{ name: 'n'.repeat(101) }, ['name']],
  [{ slug: '-a' }, ['slug']],
  [{ slug: 'A' }, ['slug']],
  [{ slug: 'a'.repeat(64) }, ['slug']],
  [{ allowedModels: [''] }, ['allowedModels']],
  [{ allowedModels: Array.from({ length: 101 }, () => 'm') }, ['allowedModels']],
  [{ retentionDays: 0 }, ['retentionDays']],
  [{ retentionDays: 1.5 }, ['retentionDays']],
  [{ graceSeconds: -1 }, ['graceSeconds']],
  [{ name: '', slug: '', graceSeconds: 1e9 }, ['name', 'slug', 'graceSeconds']],
])('%j is refused, and all its faults are named', (given, fields) => {
  expect(wrong(given)).toEqual(fields)
})
