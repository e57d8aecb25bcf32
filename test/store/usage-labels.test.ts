import { afterAll, beforeAll, expect, it } from 'vitest'
import { openReader, type Reader } from '#store/reader.ts'
import { labelsOf } from '#store/usage-labels.ts'
import { by, type KeyDesk, openKeyDesk } from '../support/key-desk.ts'

let desk: KeyDesk
let reader: Reader
beforeAll(async () => {
  desk = await openKeyDesk()
  reader = openReader(desk.url)
})
afterAll(async () => {
  await reader.close()
  await desk.close()
})

it('keys and projects have their names, and what nobody named is as it is', async () => {
  const { apiKey } = await desk.keys.create(desk.wanted({ name: 'Ada' }), by())
  const keys = [[desk.project, apiKey.id, 'openai']] as const
  const tenant = { id: desk.acme, name: 'Acme', timeZone: 'UTC' }
  const label = await labelsOf(reader, {
    tenant,
    groupBy: ['PROJECT', 'API_KEY', 'PROVIDER'],
    keys,
  })
  expect(keys[0].map((value, index) => label(index, value))).toEqual(['Search', 'Ada', 'openai'])
  expect(label(0, '')).toBe('(none)')
})

it('another tenant’s names are not told', async () => {
  const tenant = { id: '00000000-0000-7000-8000-000000000001', name: 'Default', timeZone: 'UTC' }
  const keys = [[desk.project]] as const
  const label = await labelsOf(reader, { tenant, groupBy: ['PROJECT'], keys })
  expect(label(0, desk.project)).toBe(desk.project)
})
