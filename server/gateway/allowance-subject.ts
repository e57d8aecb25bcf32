import type { AllowanceSubject } from '#domain/allowance.ts'
import type { Call, Target } from './call.ts'

/** Whose budgets and quotas a call counts against at that target. */
export function allowanceSubject(
  { viewer, endUser, clientIp }: Pick<Call, 'viewer' | 'endUser' | 'clientIp'>,
  { adapter, model, simulated }: Pick<Target, 'adapter' | 'model' | 'simulated'>,
): AllowanceSubject {
  const { tenantId, projectId, apiKeyId } = viewer
  const providerName = adapter.config.name
  return { tenantId, projectId, apiKeyId, endUser, clientIp, providerName, model, simulated }
}
