import type { Changer } from '#domain/audit.ts'
import type { CostDrift } from '#domain/cost-drift.ts'
import type { Ticks } from '#domain/money.ts'
import type { PriceDraft, PriceKey } from '#domain/price-draft.ts'
import type { PriceOverride } from '#domain/price-override.ts'
import type { RequestFilter } from '#domain/request-filter.ts'

/** A price that was set through the API. */
export interface StoredPrice extends PriceOverride {
  readonly id: string
  readonly model: string
  readonly createdAt: Date
  readonly createdBy: string
  readonly removedAt: Date | null
}

/** What things cost: prices, what calls are priced at, and what people are told of it. */
export interface CostSource {
  /** Within the changer's tenant. @throws {GatewayError} FORBIDDEN, NOT_FOUND. */
  acknowledgeAlert(id: string, by: Changer): Promise<void>
  /** @throws {GatewayError} FORBIDDEN, INVALID_REQUEST. */
  setPrice(draft: PriceDraft, by: Changer): Promise<StoredPrice>
  /** @returns How many. @throws {GatewayError} FORBIDDEN, NOT_FOUND. */
  removePrice(key: PriceKey, by: Changer): Promise<number>
  /** Newest first, with those that were removed. @throws {GatewayError} FORBIDDEN. */
  priceHistory(
    of: {
      readonly providerName?: string | undefined
      readonly model?: string | undefined
      readonly first: number
    },
    by: Changer,
  ): Promise<readonly StoredPrice[]>
  /** Within the changer's tenant. @throws {GatewayError} FORBIDDEN, INVALID_REQUEST. */
  recalculate(
    asked: {
      readonly filter: RequestFilter
      readonly onlyUnpriced: boolean
      readonly dryRun: boolean
    },
    by: Changer,
  ): Promise<{ readonly affected: bigint; readonly before: Ticks; readonly after: Ticks }>
  /** Of a tenant, by provider. */
  drift(tenantId: string): Promise<ReadonlyMap<string, CostDrift>>
}
