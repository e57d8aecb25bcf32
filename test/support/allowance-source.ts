import { GatewayError } from '#domain/errors.ts'
import type { AllowanceSource } from '#graphql/allowance-source.ts'

const nothing = () => Promise.reject(new GatewayError('NOT_FOUND', 'There is nothing.'))

/** No budgets and no quotas, and nothing to change. */
export const noAllowanceSource: AllowanceSource = {
  find: async () => [],
  ofScopes: async () => [],
  page: async () => ({ states: [], hasNextPage: false }),
  count: async () => 0,
  histories: async ({ budgets }) => budgets.map(() => []),
  refusals: async () => new Map(),
  create: nothing,
  update: nothing,
  remove: nothing,
}
