import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { SseParser } from '#providers/sse.ts'

interface Seen {
  readonly event: string | undefined
  readonly data: string
}

/** Feeds the slices and gives the events, the bytes of each event, and all bytes that came out. */
function parse(slices: readonly Uint8Array[]) {
  const parser = new SseParser()
  const events: Seen[] = []
  const framed: string[] = []
  const out: Uint8Array[] = []
  for (const read of [...slices.map((slice) => parser.push(slice)), parser.finish()]) {
    out.push(Buffer.from(read.bytes))
    for (const { event, data, start, end } of read.frames) {
      events.push({ event, data })
      framed.push(Buffer.from(read.bytes.subarray(start, end)).toString())
    }
  }
  return { events, framed, bytes: Buffer.concat(out) }
}

const data = (...texts: string[]): Seen[] => texts.map((text) => ({ event: undefined, data: text }))

const corpus: readonly { name: string; text: string; events: Seen[] }[] = [
  { name: 'line feeds', text: 'data: a\n\ndata: b\n\n', events: data('a', 'b') },
  {
    name: 'carriage returns and line feeds',
    text: 'data: a\r\n\r\ndata: b\r\n\r\n',
    events: data('a', 'b'),
  },
  { name: 'carriage returns', text: 'data: a\r\rdata: b\r\r', events: data('a', 'b') },
  {
    name: 'mixed line ends',
    text: 'data: a\r\n\ndata: b\n\rdata: c\r\r\n',
    events: data('a', 'b', 'c'),
  },
  { name: 'a byte order mark', text: '\uFEFFdata: a\n\n', events: data('a') },
  { name: 'a byte order mark later is text', text: 'data: \uFEFFa\n\n', events: data('\uFEFFa') },
  { name: 'data over several lines', text: 'data: a\ndata:\ndata: b\n\n', events: data('a\n\nb') },
  { name: 'no space after the colon', text: 'data:a\n\ndata:  b\n\n', events: data('a', ' b') },
  {
    name: 'comments',
    text: ': OPENROUTER PROCESSING\n\n: x\n: y\ndata: a\n: z\n\n:\n\n',
    events: data('a'),
  },
  {
    name: 'named events',
    text: 'event: ping\ndata: {}\n\ndata: b\n\n',
    events: [{ event: 'ping', data: '{}' }, ...data('b')],
  },
  { name: 'a name without data', text: 'event: ping\n\ndata: b\n\n', events: data('b') },
  {
    name: 'unknown and unlike fields',
    text: 'id: 7\nretry: 10\ndatax: no\ndat: no\nfoo\ndata: a\n\n',
    events: data('a'),
  },
  { name: 'a field without a colon', text: 'data\n\ndata: a\n\n', events: data('', 'a') },
  {
    name: 'characters of several bytes',
    text: 'data: žluťoučký 🐎 漢字\n\n',
    events: data('žluťoučký 🐎 漢字'),
  },
  {
    name: 'no blank line at the end',
    text: 'data: a\n\ndata: [DONE]',
    events: data('a', '[DONE]'),
  },
  { name: 'a lone last line end', text: 'data: a\r', events: data('a') },
  { name: 'blank lines without events', text: '\n\n\r\n\rdata: a\n\n\n\n', events: data('a') },
  { name: 'nothing', text: '', events: [] },
]

describe('SseParser', () => {
  it.each(corpus)('reads $name', ({ text, events }) => {
    expect(parse([Buffer.from(text)]).events).toEqual(events)
  })

  it.each(corpus)('reads $name byte by byte', ({ text, events }) => {
    const bytes = Buffer.from(text)
    const parsed = parse([...bytes].map((byte) => Buffer.of(byte)))
    expect(parsed.events).toEqual(events)
    expect(parsed.bytes.toString()).toBe(text)
  })

  it('gives the same events and all bytes for any slicing', () => {
    const texts = fc.array(fc.constantFrom(...corpus), { maxLength: 6 })
    fc.assert(
      fc.property(texts, fc.array(fc.nat(300), { maxLength: 20 }), (parts, cuts) => {
        const bytes = Buffer.from(parts.map(({ text }) => text).join('\n\n'))
        const at = [
          0,
          ...cuts.filter((cut) => cut < bytes.length).toSorted((a, b) => a - b),
          bytes.length,
        ]
        const slices = at.slice(1).map((end, index) => bytes.subarray(at[index], end))
        const sliced = parse(slices)
        expect(sliced.events).toEqual(parse([bytes]).events)
        expect(sliced.bytes).toEqual(bytes)
      }),
      { numRuns: 500 },
    )
  })

  it('tells where each event stands', () => {
    const { framed } = parse([
      Buffer.from(': c\n\ndata: a\n'),
      Buffer.from('\r\ndata: b\n\n: d\n\ndata: c\r\n\r\n'),
    ])
    expect(framed).toEqual(['data: a\n\r\n', 'data: b\n\n', 'data: c\r\n\r\n'])
  })

  it('counts no comment to the event behind it, however they were sliced', () => {
    const text = ': c\ndata: a\n: d\n\nid: 1\ndata: b\n\n'
    const whole = ['data: a\n: d\n\n', 'data: b\n\n']
    expect(parse([Buffer.from(text)]).framed).toEqual(whole)
    expect(parse([...Buffer.from(text)].map((byte) => Buffer.of(byte))).framed).toEqual(whole)
  })

  it('hands comments on before the event that follows them', () => {
    expect(new SseParser().push(Buffer.from(': waiting\n')).bytes).toHaveLength(10)
  })

  it('hands out bytes that later reads do not change', () => {
    const parser = new SseParser()
    parser.push(Buffer.from('data: a'))
    const { bytes } = parser.push(Buffer.from('\n\n'))
    parser.push(Buffer.from('data: zzz'))
    expect(Buffer.from(bytes).toString()).toBe('data: a\n\n')
  })

  it('reads an event of many megabytes that comes in small pieces', () => {
    const text = 'x'.repeat(9_000_000)
    const bytes = Buffer.from(`data: ${text}\n\n`)
    const slices = Array.from({ length: Math.ceil(bytes.length / 16_384) }, (_, index) =>
      bytes.subarray(index * 16_384, (index + 1) * 16_384),
    )
    expect(parse(slices).events[0]?.data.length).toBe(text.length)
  })

  it.each([
    ['a line', 'data: '],
    ['many lines', 'data: a\ndata: '],
  ])('refuses an event of more than its limit in %s', (_, start) => {
    const parser = new SseParser({ maxBytes: 1000 })
    parser.push(Buffer.from(start))
    expect(() => parser.push(Buffer.alloc(1000, 'x'))).toThrow(RangeError)
  })

  it('bears any number of comments', () => {
    const parser = new SseParser({ maxBytes: 1000 })
    for (let count = 0; count < 1000; count++) parser.push(Buffer.from(': still here\n'))
    expect(parser.push(Buffer.from('data: a\n\n')).frames).toHaveLength(1)
  })
})
