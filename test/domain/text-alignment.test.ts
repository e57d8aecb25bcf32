import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { TextAlignment } from '#domain/text-alignment.ts'

/** A text cut into pieces, some of them perhaps empty. */
function cut(text: string, places: readonly number[]): readonly string[] {
  const ends = places.map((place) => place % (text.length + 1)).toSorted((a, b) => a - b)
  return [...ends, text.length].map((end, index) => text.slice(ends[index - 1] ?? 0, end))
}

const text = fc.oneof(
  fc.string({ unit: 'grapheme' }),
  fc.string({ unit: fc.constantFrom('a', 'b') }),
)
const places = fc.array(fc.nat(), { maxLength: 12 })

/** What the reader has after `sent` and the pieces of a second answer, and where that diverged. */
function read(sent: string, pieces: readonly string[]) {
  const alignment = new TextAlignment(sent)
  let got = sent
  for (const piece of pieces) {
    const aligned = alignment.take(piece)
    if (aligned.state === 'DIVERGED') return { got, at: aligned.at, alignment }
    got += aligned.text
  }
  return { got, at: undefined, alignment }
}

describe('a second answer', () => {
  it('that ends before the first one was cut is another one', () => {
    const alignment = new TextAlignment('Hello')
    expect(alignment.take('Hell')).toEqual({ state: 'ALIGNED', text: '' })
    expect(alignment.isCaughtUp).toBe(false)
  })

  it('gives its reader every text once, wherever the first was cut and however the second comes', () => {
    fc.assert(
      fc.property(text, fc.nat(), places, (whole, cutAt, pieces) => {
        const sent = whole.slice(0, cutAt % (whole.length + 1))
        const { got, at, alignment } = read(sent, cut(whole, pieces))
        expect({ got, at }).toEqual({ got: whole, at: undefined })
        expect(alignment.isCaughtUp).toBe(true)
      }),
    )
  })

  it('that is another one is told at the first unit that differs, before anything of it is given', () => {
    fc.assert(
      fc.property(text, text, places, (sent, other, pieces) => {
        const differs = [...Array.from({ length: sent.length }).keys()].find(
          (index) => index < other.length && sent[index] !== other[index],
        )
        const { got, at, alignment } = read(sent, cut(other, pieces))
        const given = differs === undefined ? `${sent}${other.slice(sent.length)}` : sent
        expect({ at, got }).toEqual({ at: differs, got: given })
        expect(alignment.isCaughtUp).toBe(other.startsWith(sent))
      }),
    )
  })

  it('says nothing more once it has diverged', () => {
    const alignment = new TextAlignment('abc')
    expect(alignment.take('aX')).toEqual({ state: 'DIVERGED', at: 1 })
    expect(alignment.take('bc and more')).toEqual({ state: 'DIVERGED', at: 1 })
    expect(alignment.isCaughtUp).toBe(false)
  })

  it('is told apart at once, though a longer piece agrees at first', () => {
    const alignment = new TextAlignment('Hello world')
    expect(alignment.take('Hello ')).toEqual({ state: 'ALIGNED', text: '' })
    expect(alignment.take('there, world')).toEqual({ state: 'DIVERGED', at: 6 })
  })
})
