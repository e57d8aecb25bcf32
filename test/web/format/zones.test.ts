import { expect, it } from 'vitest'
import { allZones, presentName } from '#web/format/zones.ts'

it('lists zones by the names that they have today, each once', () => {
  const zones = allZones()
  expect(zones[0]).toBe('UTC')
  expect(zones).toContain('Asia/Kolkata')
  expect(zones).not.toContain('Asia/Calcutta')
  expect(new Set(zones).size).toBe(zones.length)
})

it('leaves a name that has not changed', () => {
  expect(presentName('Europe/Berlin')).toBe('Europe/Berlin')
  expect(presentName('Europe/Kiev')).toBe('Europe/Kyiv')
})
