import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { gatherLines } from '#telemetry/gathered-lines.ts'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

function sinks() {
  const written: string[] = []
  const flushed: string[] = []
  const sink = {
    write: (lines: string) => void written.push(lines),
    flushNow: () => void flushed.push(written.join('')),
  }
  return { written, flushed, gathered: gatherLines([sink, sink]) }
}

it('hands lines to every sink at once, after a tenth of a second', () => {
  const { gathered, written } = sinks()
  gathered.write('a\n')
  vi.advanceTimersByTime(60)
  gathered.write('b\n')
  expect(written).toEqual([])
  vi.advanceTimersByTime(40)
  expect(written).toEqual(['a\nb\n', 'a\nb\n'])
  gathered.write('c\n')
  vi.advanceTimersByTime(100)
  expect(written.slice(2)).toEqual(['c\n', 'c\n'])
})

it('does not wait when there is much to write', () => {
  const { gathered, written } = sinks()
  const line = `${'x'.repeat(9999)}\n`
  for (let count = 0; count < 4; count++) gathered.write(line)
  expect(written).toEqual([line.repeat(4), line.repeat(4)])
})

it('writes nothing when there is nothing', () => {
  const { gathered, written } = sinks()
  gathered.write('a\n')
  gathered.flushNow()
  vi.advanceTimersByTime(1000)
  expect(written).toEqual(['a\n', 'a\n'])
})

it('hands on what waits before the sinks are flushed', () => {
  const { gathered, flushed } = sinks()
  gathered.write('a\n')
  gathered.flushNow()
  expect(flushed).toEqual(['a\na\n', 'a\na\n'])
})
