import { describe, expect, it } from 'vitest'
import { type AllowanceSubject, scopeKey, scopesOfCall } from '#domain/allowance.ts'

const subject: AllowanceSubject = {
  tenantId: 'tenant-1',
  projectId: 'project-1',
  apiKeyId: 'key-1',
  endUser: 'ada',
  clientIp: '192.0.2.7',
  providerName: 'openai',
  model: 'gpt-test',
  simulated: false,
}

const served = [
  scopeKey('PROVIDER', 'openai'),
  scopeKey('MODEL', 'gpt-test'),
  scopeKey('MODEL', 'openai:gpt-test'),
]

describe('scopesOfCall', () => {
  it('has everything that can be limited', () => {
    expect(scopesOfCall(subject)).toEqual([
      scopeKey('TENANT', 'tenant-1'),
      scopeKey('PROJECT', 'project-1'),
      scopeKey('API_KEY', 'key-1'),
      scopeKey('END_USER', 'ada'),
      scopeKey('CLIENT_IP', '192.0.2.7'),
      ...served,
    ])
  })

  it('leaves out what a call does not have', () => {
    const bare = { ...subject, projectId: null, apiKeyId: null, endUser: null, clientIp: null }
    expect(scopesOfCall(bare)).toEqual([scopeKey('TENANT', 'tenant-1'), ...served])
  })

  it('keeps simulated calls out of all but their provider and model', () => {
    expect(scopesOfCall({ ...subject, simulated: true })).toEqual(served)
  })
})

describe('scopeKey', () => {
  it('keeps kinds apart', () => {
    expect(scopeKey('END_USER', 'x')).not.toBe(scopeKey('MODEL', 'x'))
  })
})
