import { describe, expect, it } from 'vitest'
import { TripMeter } from '#domain/trip-meter.ts'

/** Whether the last of these ends trips: `f` is a failure, `s` a success; one every `everyMs`. */
function trips(ends: string, everyMs = 1): boolean {
  const meter = new TripMeter()
  let tripped = false
  ends.split('').forEach((end, index) => {
    expect(tripped).toBe(false)
    if (end === 's') meter.succeeded(index * everyMs)
    else tripped = meter.failed(index * everyMs)
  })
  return tripped
}

describe('failures are too many', () => {
  it.each([
    ['five in a row', 'sfffff'],
    ['five in a row, however slowly', 'fffff', 60_000],
    ['half of twenty', 'sf'.repeat(10)],
    ['half of more', `${'s'.repeat(10)}ffffsffffsffff`],
  ])('when there are %s', (_name, ends, everyMs?: number) => {
    expect(trips(ends, everyMs)).toBe(true)
  })

  it.each([
    ['four in a row', 'ffff'],
    ['four in a row, again and again, among few', 'ffffs'.repeat(3)],
    ['half of nineteen', `${'sf'.repeat(9)}s`],
    ['less than half of many', 'ssf'.repeat(30)],
    ['half of many, too slowly', 'sf'.repeat(50), 600],
  ])('not when there are %s', (_name, ends, everyMs?: number) => {
    expect(trips(ends, everyMs)).toBe(false)
  })
})
