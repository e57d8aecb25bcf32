import { describe, expect, it } from 'vitest'
import type { AllowanceScope } from '#domain/allowance.ts'
import { encodeGlobalId } from '#graphql/global-id.ts'
import { plainScope, scopeValue, tenantOfScope } from '#graphql/scope-value.ts'
import { operator, viewerOf } from '../support/tenants.ts'

const id = '019a0000-0000-7000-8000-00000000000a'

describe('the value of a scope', () => {
  it.each<[AllowanceScope, string]>([
    [{ kind: 'TENANT', value: id }, encodeGlobalId('Tenant', id)],
    [{ kind: 'PROJECT', value: id }, encodeGlobalId('Project', id)],
    [{ kind: 'API_KEY', value: id }, encodeGlobalId('ApiKey', id)],
    [{ kind: 'PROVIDER', value: 'openai' }, encodeGlobalId('Provider', 'openai')],
    [{ kind: 'MODEL', value: 'openai:gpt-test' }, 'openai:gpt-test'],
    [{ kind: 'END_USER', value: 'ada' }, 'ada'],
    [{ kind: 'CLIENT_IP', value: '10.0.0.1' }, '10.0.0.1'],
  ])('of %j is %s outside, and comes back', (scope, outside) => {
    expect(scopeValue(scope)).toBe(outside)
    expect(plainScope({ kind: scope.kind, value: outside })).toEqual(scope)
  })

  it('of a provider may be its name', () => {
    expect(plainScope({ kind: 'PROVIDER', value: 'openai' }).value).toBe('openai')
  })

  it('is no node of another type', () => {
    const value = encodeGlobalId('Tenant', id)
    expect(plainScope({ kind: 'PROJECT', value }).value).toBe(value)
  })
})

describe('the tenant of a scope', () => {
  it('is the viewer’s, but for nodes that those who run the installation name', () => {
    const { tenantId } = operator
    const scopes = (['TENANT', 'MODEL'] as const).map((kind) => ({ kind, value: id }))
    const viewer = viewerOf('ADMIN')
    expect(scopes.map((scope) => tenantOfScope(scope, viewer))).toEqual([tenantId, tenantId])
    expect(scopes.map((scope) => tenantOfScope(scope, operator))).toEqual([null, tenantId])
    expect(tenantOfScope(undefined, operator)).toBe(tenantId)
  })
})
