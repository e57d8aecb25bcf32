import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { CompletionEvent, CompletionNews } from '#gateway/completion-event.ts'
import { CompletionLog } from '#gateway/completion-log.ts'

const text = (value: string): CompletionNews => ({ type: 'text', text: value })

const news = fc.oneof(
  { weight: 6, arbitrary: fc.string({ minLength: 1 }).map(text) },
  fc.string({ unit: 'grapheme', minLength: 1 }).map((value) => ({
    type: 'reasoning' as const,
    text: value,
  })),
  fc.record({
    type: fc.constant('tool-call' as const),
    index: fc.nat(1),
    id: fc.option(fc.constant('c')),
    name: fc.constant(null),
    argumentsDelta: fc.string(),
  }),
)

/** What is written and read, in turn; and where a reader leaves and comes again behind what it saw. */
const steps = fc.array(
  fc.oneof(
    { weight: 3, arbitrary: news },
    { weight: 2, arbitrary: fc.constantFrom('read', 'read elsewhere') },
    fc.constant('come again'),
  ),
  { maxLength: 60 },
)

/** The parts of an answer without where one event ends and the next begins. */
function content(events: readonly CompletionNews[]): readonly string[] {
  const all: string[] = []
  let kind = ''
  for (const event of events) {
    const isCall = event.type === 'tool-call'
    if (!isCall && event.type !== 'text' && event.type !== 'reasoning') continue
    const now = isCall ? `${event.index}` : event.type
    const piece = isCall ? event.argumentsDelta : event.text
    const isNew = isCall && event.id !== null
    if (now === kind && !isNew) all[all.length - 1] += piece
    else all.push(`${now}: ${piece}`)
    kind = now
  }
  return all
}

const turns = async (count: number): Promise<undefined> => {
  for (let turn = 0; turn < count; turn++) await Promise.resolve()
}

describe('readers of any speed', () => {
  it('get the same events, dense, in order, with all that was written, wherever they resume', async () => {
    await fc.assert(
      fc.asyncProperty(steps, async (script) => {
        const log = new CompletionLog('c')
        const written: CompletionNews[] = []
        const seen: CompletionEvent[] = []
        const begin = () => log.read(seen.length - 1, () => {})
        let reader = begin()
        let pending: ReturnType<typeof reader.next> | undefined
        const elsewhere = log.read(-1, () => {})
        for (const step of script) {
          if (typeof step === 'object') {
            written.push(step)
            log.append(step, 0)
          } else if (step === 'come again') {
            await reader.return?.()
            reader = begin()
            pending = undefined
          } else if (step === 'read') pending ??= reader.next()
          else void elsewhere.next()
          const read = await Promise.race([pending, turns(4)])
          if (read) pending = undefined
          if (read?.value) seen.push(read.value)
        }
        log.close()
        const late = await pending
        if (late?.value) seen.push(late.value)
        for await (const event of reader) seen.push(event)
        expect(seen.map(({ seq }) => seq)).toEqual(seen.map((_, index) => index))
        expect(content(seen)).toEqual(content(written))
        expect(await Array.fromAsync(log.read(-1, () => {}))).toEqual(seen)
      }),
      { numRuns: 1000 },
    )
  })

  it('get few events where they are slow', async () => {
    const log = new CompletionLog('c')
    const reader = log.read(-1, () => {})
    log.append(text('a'), 0)
    await reader.next()
    for (let index = 0; index < 10_000; index++) log.append(text('word '), 0)
    log.close()
    const rest = await Array.fromAsync(reader)
    expect(rest).toHaveLength(7)
    expect(content(rest)[0]).toBe(`text: ${'word '.repeat(10_000)}`)
  })
})

describe('the room of a log', () => {
  it('is there while readers are not far behind, and again when they have caught up', async () => {
    const log = new CompletionLog('c')
    const reader = log.read(-1, () => {})
    log.append(text('x'.repeat(16_000)), 0)
    expect(log.room).toBeUndefined()
    log.append(text('x'.repeat(1000)), 0)
    let hasRoom = false
    const room = log.room?.then(() => (hasRoom = true))
    await Promise.resolve()
    expect(hasRoom).toBe(false)
    await reader.next()
    await room
    expect(log.room).toBeUndefined()
  })

  it('is waited for no longer when somebody says so', async () => {
    const log = new CompletionLog('c')
    log.append(text('x'.repeat(100_000)), 0)
    const { room } = log
    log.goOn()
    await expect(room).resolves.toBeUndefined()
  })
})
