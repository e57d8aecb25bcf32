import { describe, expect, it } from 'vitest'
import { SseFrame } from '#providers/sse-frame.ts'

const bytes = Buffer.from('data: [DONE]\n\ndata: žluť\n\n')
const frame = (from: number, to: number) =>
  new SseFrame({ start: 0, end: to }, { event: undefined, data: { bytes, from, to } })
const lines = (data: string) => new SseFrame({ start: 0, end: 9 }, { event: undefined, data })

describe('an event', () => {
  it('has the text of its one line', () => {
    expect(frame(6, 12).data).toBe('[DONE]')
    expect(frame(20, 26).data).toBe('žluť')
  })

  it('has the text of its several lines', () => {
    expect(lines('a\nb').data).toBe('a\nb')
    expect(lines('a\nb').line).toBeUndefined()
  })

  it('without text has none', () => {
    expect(frame(6, 6).data).toBe('')
  })

  it.each([
    ['its own text', frame(6, 12), true],
    ['less', frame(6, 11), false],
    ['another text as long', frame(20, 26), false],
    ['its own text of several lines', lines('[DONE]'), true],
    ['other lines', lines('a\nb'), false],
  ])('knows %s', (_what, event, same) => {
    expect(event.is('[DONE]')).toBe(same)
  })
})
