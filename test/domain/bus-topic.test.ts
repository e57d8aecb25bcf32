import { expect, it } from 'vitest'
import { busMessage, parseBusMessage } from '#domain/bus-topic.ts'

it('a message is taken apart at its first colon', () => {
  expect(parseBusMessage(busMessage('api-key', 'a:b'))).toEqual({
    topic: 'api-key',
    payload: 'a:b',
  })
})

it('what has no topic is no message', () => {
  expect(parseBusMessage('nonsense')).toBe(undefined)
})
