import { describe, expect, it } from 'vitest'
import { countedModel, moves } from '#domain/counting.ts'
import { attemptOf, recordOf } from '#test/support/request-record.ts'

describe('countedModel', () => {
  it.each([
    [{ servedModel: 'gpt-test-2026', requestedModel: 'fast' }, 'gpt-test-2026'],
    [
      { servedModel: null, requestedModel: 'openai:gpt-test', errorCode: 'QUEUE_FULL' as const },
      'openai:gpt-test',
    ],
    [{ servedModel: null, requestedModel: 'made up', errorCode: 'MODEL_NOT_FOUND' as const }, ''],
    [{ servedModel: null, requestedModel: 'made up', errorCode: 'INVALID_REQUEST' as const }, ''],
    [{ servedModel: 'x'.repeat(300) }, 'x'.repeat(200)],
  ])('of %j is %j', (over, model) => {
    expect(countedModel(recordOf(over))).toBe(model)
  })
})

describe('moves', () => {
  const openai = attemptOf()
  const xai = attemptOf({ providerName: 'xai' })
  const mini = attemptOf({ model: 'gpt-mini' })
  it.each([
    [[], 0, false],
    [[openai], 0, false],
    [[openai, openai], 1, false],
    [[openai, openai, xai], 1, true],
    [[openai, xai, openai], 0, false],
    [[openai, mini], 0, true],
    [[attemptOf({ status: 'SKIPPED_CIRCUIT_OPEN' }), xai], 0, true],
    [[openai, attemptOf({ status: 'SKIPPED_CIRCUIT_OPEN' })], 0, false],
  ])('of %o are %i retries, fell back: %s', (attempts, retries, fellBack) => {
    expect(moves(attempts)).toEqual({ retries, fellBack })
  })
})
