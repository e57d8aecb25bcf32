import { expect, it } from 'vitest'
import { administrator, type Viewer } from '#domain/access.ts'
import { callPriority } from '#domain/call-priority.ts'
import type { Priority } from '#domain/request-record.ts'

const admin = administrator({ apiKeyId: null, displayName: 'admin' })
const caller: Viewer = { ...admin, scopes: new Set(['complete']) }

it.each<[string, Viewer, Priority, Priority, Priority]>([
  ['a caller that asks for nothing has the key’s', caller, 'HIGH', 'NORMAL', 'HIGH'],
  ['a caller of low priority stays low', caller, 'LOW', 'NORMAL', 'LOW'],
  ['a caller may ask for less', caller, 'HIGH', 'LOW', 'LOW'],
  ['a caller may not ask for more', caller, 'NORMAL', 'CRITICAL', 'NORMAL'],
  ['an administrator may ask for more', admin, 'NORMAL', 'CRITICAL', 'CRITICAL'],
])('%s', (_sentence, viewer, own, asked, priority) => {
  expect(callPriority({ ...viewer, priority: own }, asked)).toBe(priority)
})
