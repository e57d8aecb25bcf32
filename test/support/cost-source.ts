import { GatewayError } from '#domain/errors.ts'
import { createGatewayEvents, type GatewayEvents } from '#events/gateway-events.ts'
import type { Clock } from '#gateway/ports.ts'
import type { CostSource } from '#graphql/cost-source.ts'

const nothing = () => Promise.reject(new GatewayError('NOT_FOUND', 'There is nothing.'))

/** No prices of one's own, and no alerts. */
export const noCostSource: CostSource = {
  acknowledgeAlert: nothing,
  setPrice: nothing,
  removePrice: nothing,
  priceHistory: async () => [],
  recalculate: async () => ({ affected: 0n, before: 0n, after: 0n }),
  drift: async () => new Map(),
}

/** Events that never come. */
export const noGatewayEvents = (clock: Clock): GatewayEvents =>
  createGatewayEvents({
    bus: { on: () => () => {} },
    clock,
    health: { onChange: () => () => {} },
  })
