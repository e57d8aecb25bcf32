import { expect, it } from 'vitest'
import { createFailedAttempts } from '#auth/failed-attempts.ts'

it('remembers a bounded number of addresses', () => {
  const failures = createFailedAttempts({ allowed: 1, maxAddresses: 3 })
  for (const address of ['a', 'b', 'c', 'd']) failures.failed(address, 0)
  expect(['a', 'b', 'c', 'd'].map((address) => failures.waitMs(address, 0) > 0)).toEqual([
    false,
    true,
    true,
    true,
  ])
})
