import { describe, expect, it } from 'vitest'
import { encodeGlobalId } from '#graphql/global-id.ts'
import { liveScope, type ScopeChoice } from '#graphql/live-scope.ts'
import { adminViewer } from '../support/fake-gateway.ts'

const { tenantId } = adminViewer
const key = '019a0000-0000-7000-8000-00000000000a'

describe('a live scope', () => {
  it.each<[ScopeChoice | null, string, string]>([
    [null, 'TENANT', ''],
    [{ kind: 'TENANT', value: encodeGlobalId('Tenant', tenantId) }, 'TENANT', ''],
    [{ kind: 'PROJECT', value: encodeGlobalId('Project', key) }, 'PROJECT', key],
    [{ kind: 'API_KEY', value: encodeGlobalId('ApiKey', key) }, 'API_KEY', key],
    [{ kind: 'PROVIDER', value: encodeGlobalId('Provider', 'openai') }, 'PROVIDER', 'openai'],
    [{ kind: 'PROVIDER', value: 'openai' }, 'PROVIDER', 'openai'],
    [{ kind: 'MODEL', value: 'gpt-test' }, 'MODEL', 'gpt-test'],
    [{ kind: 'END_USER', value: 'ada' }, 'END_USER', 'ada'],
    [{ kind: 'CLIENT_IP', value: '10.0.0.1' }, 'CLIENT_IP', '10.0.0.1'],
  ])('is always within the viewer’s tenant: %j', (choice, kind, value) => {
    expect(liveScope(choice, adminViewer)).toEqual({ tenantId, kind, value })
  })

  it('is no other tenant’s', () => {
    const choice = { kind: 'TENANT', value: '00000000-0000-7000-8000-000000000002' } as const
    expect(() => liveScope(choice, adminViewer)).toThrow(
      expect.objectContaining({ code: 'NOT_FOUND' }),
    )
  })
})
