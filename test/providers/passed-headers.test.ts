import { describe, expect, it } from 'vitest'
import { isJson, passedHeaders, upstreamRequestId } from '#providers/passed-headers.ts'

describe('passedHeaders', () => {
  it('passes on rate limits and when to come back, and nothing else', () => {
    const passed = {
      'retry-after': '1',
      'retry-after-ms': '900',
      'x-should-retry': 'true',
      'x-ratelimit-limit-tokens': '5',
      ratelimit: '"rpm";r=1;t=2',
      'ratelimit-policy': '"rpm";q=60;w=60',
    }
    const kept = {
      'set-cookie': ['a=b'],
      'x-request-id': 'r',
      'content-type': 'x/y',
      'x-powered-by': 'z',
    }
    expect(passedHeaders({ ...kept, ...passed })).toEqual(passed)
  })

  it('passes on nothing where there is nothing', () => {
    expect(passedHeaders({ server: 'x' })).toEqual({})
  })
})

describe('upstreamRequestId', () => {
  it.each([
    [{ 'x-request-id': 'a', 'request-id': 'b' }, 'a'],
    [{ 'request-id': 'b' }, 'b'],
    [{}, null],
  ])('of %j is %s', (headers, id) => {
    expect(upstreamRequestId(headers)).toBe(id)
  })

  it('is cut to a bearable length', () => {
    expect(upstreamRequestId({ 'x-request-id': 'x'.repeat(9999) })).toHaveLength(200)
  })
})

describe('isJson', () => {
  it.each([
    ['application/json', true],
    ['application/json; charset=utf-8', true],
    ['Application/JSON', true],
    [' application/vnd.api+JSON ; v=1', true],
    ['text/html', false],
    ['text/html; a=application/json', false],
    ['text/event-stream', false],
    ['', false],
    [undefined, false],
  ])('of %s is %s', (contentType, is) => {
    expect(isJson(contentType)).toBe(is)
  })
})
