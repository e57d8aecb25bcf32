import { randomUUIDv7 } from 'node:crypto'
import { Prisma, type PriceOverride as Row, type PrismaClient } from '#generated/prisma/client.ts'
import { actorName, type Changer } from '#domain/audit.ts'
import { busChannel, busMessage } from '#domain/bus-topic.ts'
import { GatewayError } from '#domain/errors.ts'
import { requireScope } from '#domain/key-grant.ts'
import type { ModelPrice } from '#domain/price.ts'
import { checkPriceDraft, type PriceDraft, type PriceKey } from '#domain/price-draft.ts'
import type { PriceOverride } from '#domain/price-override.ts'
import { readWrittenPrice, type WrittenPrice } from '#domain/written-price.ts'
import { audit, type Transaction } from './audit.ts'

/** A price that was set through the API, in force or not any more. */
export interface StoredPrice extends PriceOverride {
  readonly id: string
  readonly model: string
  readonly createdAt: Date
  readonly createdBy: string
  /** Null: it has neither been removed nor replaced. */
  readonly removedAt: Date | null
}

/** Prices that are set through the API. They are the installation's: a provider's bill is the same for all tenants. */
export interface ModelPrices {
  /** All that have been neither removed nor replaced. */
  current(): Promise<readonly PriceOverride[]>
  /** Newest first, with those that were removed. @throws {GatewayError} FORBIDDEN. */
  history(
    of: { providerName?: string | undefined; model?: string | undefined; first: number },
    by: Changer,
  ): Promise<readonly StoredPrice[]>
  /**
   * Sets a price, in place of one from the same instant on. All replicas hear of it.
   *
   * @throws {GatewayError} FORBIDDEN for all who do not run the installation; INVALID_REQUEST.
   */
  set(draft: PriceDraft, by: Changer): Promise<StoredPrice>
  /** @returns How many. @throws {GatewayError} FORBIDDEN; NOT_FOUND where there is none. */
  remove(key: PriceKey, by: Changer): Promise<number>
}

export function createModelPrices({
  prisma,
  hasProvider,
  now,
}: {
  prisma: PrismaClient
  hasProvider: (name: string) => boolean
  /** Epoch ms. */
  now: () => number
}): ModelPrices {
  /** One change at a time. */
  const changing = <Result>(change: (tx: Transaction) => Promise<Result>): Promise<Result> =>
    prisma.$transaction(async (tx) => {
      await tx.$executeRaw`lock table model_price in share row exclusive mode`
      const result = await change(tx)
      await tx.$queryRaw`select pg_notify(${busChannel}, ${busMessage('price', 'changed')})::text`
      return result
    })

  return {
    async current() {
      const rows = await prisma.priceOverride.findMany({ where: { removedAt: null } })
      return rows.map(storedPrice)
    },
    async history({ providerName, model, first }, by) {
      refuseOthers(by)
      const rows = await prisma.priceOverride.findMany({
        where: { ...(providerName && { providerName }), ...(model && { model }) },
        orderBy: { id: 'desc' },
        take: first,
      })
      return rows.map(storedPrice)
    },
    async set(draft, by) {
      refuseOthers(by)
      checkPriceDraft(draft, hasProvider)
      const { providerName, model, price } = draft
      const effectiveFrom = new Date(draft.effectiveFrom ?? now())
      const key = { providerName, model, effectiveFrom, removedAt: null }
      return changing(async (tx) => {
        const before = await tx.priceOverride.findFirst({ where: key })
        await tx.priceOverride.updateMany({ where: key, data: removal(by, now()) })
        const data = {
          id: randomUUIDv7(),
          providerName,
          model,
          effectiveFrom,
          price: jsonOf(price),
        }
        const row = await tx.priceOverride.create({ data: { ...data, createdBy: actorName(by) } })
        await audit(tx, {
          tenantId: by.viewer.tenantId,
          by,
          action: 'setModelPrice',
          target: `Model:${providerName}:${model}`,
          before: before && shown(before),
          after: shown(row),
        })
        return storedPrice(row)
      })
    },
    async remove({ providerName, model, effectiveFrom }, by) {
      refuseOthers(by)
      const where = {
        providerName,
        model,
        removedAt: null,
        ...(effectiveFrom !== undefined && { effectiveFrom: new Date(effectiveFrom) }),
      }
      return changing(async (tx) => {
        const rows = await tx.priceOverride.findMany({ where, orderBy: { effectiveFrom: 'asc' } })
        if (rows.length === 0)
          throw new GatewayError('NOT_FOUND', 'No such price was set through the API.')
        await tx.priceOverride.updateMany({ where, data: removal(by, now()) })
        await audit(tx, {
          tenantId: by.viewer.tenantId,
          by,
          action: 'removeModelPrice',
          target: `Model:${providerName}:${model}`,
          before: { prices: rows.map(shown) },
          after: null,
        })
        return rows.length
      })
    },
  }
}

function refuseOthers({ viewer }: Changer): void {
  requireScope(viewer, 'manage-config')
  if (viewer.runsInstallation) return
  throw new GatewayError(
    'FORBIDDEN',
    'Only those who run the installation see and set its prices.',
    {
      missingScopes: [],
    },
  )
}

const removal = (by: Changer, epochMs: number) => ({
  removedAt: new Date(epochMs),
  removedBy: actorName(by),
})

/** Without what is left out. */
const jsonOf = (price: WrittenPrice): Prisma.InputJsonObject => JSON.parse(JSON.stringify(price))

const shown = ({ price, effectiveFrom }: Row): Prisma.InputJsonObject => ({
  effectiveFrom: effectiveFrom.toISOString(),
  ...(price as Prisma.JsonObject as Prisma.InputJsonObject),
})

function storedPrice(row: Row): StoredPrice {
  const { id, providerName, model, createdAt, createdBy, removedAt } = row
  return { id, providerName, model, createdAt, createdBy, removedAt, price: priceOf(row) }
}

function priceOf({ id, effectiveFrom, price }: Row): ModelPrice {
  return readWrittenPrice(price as unknown as WrittenPrice, {
    version: `api-${id}`,
    effectiveFrom: effectiveFrom.toISOString(),
    source: 'API',
  })
}
