import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type AccessRole, scopesOf } from '#domain/access-role.ts'
import { administrator, allScopes, holds, type Scope, type Viewer } from '#domain/access.ts'
import type { KeyGrant } from '#domain/api-key.ts'
import { GatewayError } from '#domain/errors.ts'
import { refuseExcess } from '#domain/key-grant.ts'
import { allowsModel } from '#domain/model-pattern.ts'
import type { Priority } from '#domain/request-record.ts'

const tenants = ['tenant-1', 'tenant-2']
const projects = ['project-1', 'project-2']
const priorities: readonly Priority[] = ['LOW', 'NORMAL', 'HIGH', 'CRITICAL']
const names = ['a:x', 'a:y', 'b:x']
const admin = administrator({ apiKeyId: 'key', displayName: 'admin' })

const grant: KeyGrant = {
  tenantId: 'tenant-1',
  projectId: null,
  role: 'CALLER',
  allowedModels: [],
  priority: 'NORMAL',
}

function refusal(given: KeyGrant, maker: Viewer): GatewayError | undefined {
  try {
    refuseExcess(given, maker)
    return undefined
  } catch (thrown) {
    if (thrown instanceof GatewayError) return thrown
    throw thrown
  }
}

const of = (scopes: readonly Scope[], over: Partial<Viewer> = {}): Viewer => ({
  ...admin,
  tenantId: 'tenant-1',
  runsInstallation: false,
  scopes: new Set(scopes),
  ...over,
})

describe('a maker', () => {
  it.each<[string, Viewer, Partial<KeyGrant>, string | undefined]>([
    ['who runs the installation grants anything', admin, { role: 'ADMIN' }, undefined],
    ['with all scopes grants ADMIN in the own tenant', of(allScopes), { role: 'ADMIN' }, undefined],
    [
      'never grants in another tenant',
      of(allScopes),
      { tenantId: 'tenant-2', role: 'VIEWER' },
      'NOT_FOUND',
    ],
    ['cannot give scopes away', of(['manage-keys', 'read']), { role: 'CALLER' }, 'FORBIDDEN'],
    ['gives the scopes that it has', of(['manage-keys', 'read']), { role: 'VIEWER' }, undefined],
    [
      'of a project grants in that project',
      of(allScopes, { projectId: 'p' }),
      { projectId: 'p' },
      undefined,
    ],
    [
      'of a project cannot leave it',
      of(allScopes, { projectId: 'p' }),
      { projectId: null },
      'FORBIDDEN',
    ],
    [
      'with some models cannot grant all',
      of(allScopes, { allowedModels: ['a:*'] }),
      {},
      'FORBIDDEN',
    ],
    [
      'with some models grants some of them',
      of(allScopes, { allowedModels: ['a:*'] }),
      { allowedModels: ['a:x'] },
      undefined,
    ],
    [
      'cannot grant a higher priority than the own',
      of(['manage-keys', 'read', 'complete']),
      { priority: 'HIGH' },
      'FORBIDDEN',
    ],
  ])('%s', (_sentence, maker, over, code) => {
    expect(refusal({ ...grant, ...over }, maker)?.code).toBe(code)
  })

  it('is told which scopes are missing', () => {
    const error = refusal({ ...grant, role: 'OPERATOR' }, of(['manage-keys', 'read']))
    expect(error?.details.missingScopes).toEqual(['complete', 'manage-budgets', 'manage-config'])
  })
})

it('no key has a right that its maker lacks', () => {
  const models = fc.subarray([...names, 'a:*', '*'])
  const maker = fc.record({
    tenantId: fc.constantFrom(...tenants),
    projectId: fc.constantFrom(null, ...projects),
    apiKeyId: fc.constant('maker'),
    displayName: fc.constant('maker'),
    scopes: fc.subarray([...allScopes]).map((scopes) => new Set(scopes)),
    allowedModels: models,
    priority: fc.constantFrom(...priorities),
    runsInstallation: fc.boolean(),
  })
  const made = fc.record({
    tenantId: fc.constantFrom(...tenants),
    projectId: fc.constantFrom(null, ...projects),
    role: fc.constantFrom(...(Object.keys(scopesOf) as AccessRole[])),
    allowedModels: models,
    priority: fc.constantFrom(...priorities),
  })
  let granted = 0
  const property = fc.property(maker, made, (by, given) => {
    if (refusal(given, by)) return
    granted++
    expect(by.runsInstallation || by.tenantId === given.tenantId).toBe(true)
    expect(by.projectId === null || by.projectId === given.projectId).toBe(true)
    for (const scope of scopesOf[given.role]) expect(holds(by, scope)).toBe(true)
    const stolen = names.filter(
      (name) => allowsModel(given.allowedModels, name) && !allowsModel(by.allowedModels, name),
    )
    expect(stolen).toEqual([])
    const highest = holds(by, 'admin') ? 'CRITICAL' : by.priority
    expect(priorities.indexOf(given.priority)).toBeLessThanOrEqual(priorities.indexOf(highest))
  })
  fc.assert(property, { numRuns: 5000 })
  expect(granted).toBeGreaterThan(100)
})
