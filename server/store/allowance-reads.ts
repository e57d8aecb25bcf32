import { Prisma, type PrismaClient } from '#generated/prisma/client.ts'
import type { Viewer } from '#domain/access.ts'
import type { Allowance, AllowanceScope, ScopeKind } from '#domain/allowance.ts'
import { type AllowanceState, currentBounds } from '#domain/allowance-state.ts'
import type { BudgetPeriodRecord } from '#domain/budget-history.ts'
import { budgetHistories } from './budget-periods.ts'

/** What of a viewer decides which allowances are seen. */
type AllowanceReader = Pick<Viewer, 'tenantId' | 'runsInstallation'>

export interface AllowanceSelection {
  readonly kind: Allowance['kind']
  /** Of everything by default. */
  readonly scope?: AllowanceScope | undefined
  /** Null: of any tenant. */
  readonly tenantId: string | null
}

/** How budgets and quotas stand. One statement each, however many are asked for. */
export interface AllowanceReads {
  /** In no order; those that were deleted only where they are asked for. */
  find(asked: {
    readonly ids: readonly string[]
    readonly reader: AllowanceReader
    readonly deleted?: boolean
  }): Promise<readonly AllowanceState[]>
  /** All of several scopes, oldest first. */
  ofScopes(asked: {
    readonly scopes: readonly AllowanceScope[]
    readonly reader: AllowanceReader
  }): Promise<readonly AllowanceState[]>
  /**
   * Oldest first.
   *
   * @param asked `after` is the id behind which the page begins.
   */
  page(
    asked: AllowanceSelection & { readonly first: number; readonly after?: string | undefined },
  ): Promise<{ readonly states: readonly AllowanceState[]; readonly hasNextPage: boolean }>
  count(asked: AllowanceSelection): Promise<number>
  /** By the order of the budgets; see budget-periods.ts. */
  histories(asked: {
    readonly budgets: readonly AllowanceState[]
    readonly last: number
  }): Promise<readonly (readonly BudgetPeriodRecord[])[]>
  /** How many calls each has refused within the last hour, by id; what has refused none is left out. */
  refusals(ids: readonly string[]): Promise<ReadonlyMap<string, number>>
}

interface Row {
  readonly id: string
  readonly tenantId: string
  readonly kind: Allowance['kind']
  readonly name: string
  readonly scopeKind: ScopeKind
  readonly scopeValue: string
  readonly unit: Allowance['unit']
  readonly limit: bigint
  readonly period: Allowance['period']
  readonly timeZone: string
  readonly action: Allowance['action']
  readonly thresholds: readonly number[]
  readonly paused: boolean
  readonly version: number
  readonly label: string | null
  readonly createdAt: number
  readonly now: number
  readonly startsAt: number | null
  readonly endsAt: number | null
  readonly spent: bigint
  readonly held: bigint
  readonly overage: bigint
}

/** Each with the newest window that was made of it: one look at an index. */
const states = Prisma.sql`
select a.id, a.tenant_id as "tenantId", a.kind, a.name, a.scope_kind as "scopeKind", a.scope_value as "scopeValue", a.unit,
  a.amount as "limit", a.period, a.time_zone as "timeZone", a.action, a.thresholds, a.paused, a.version,
  coalesce(t.name, p.name, k.name) as label,
  extract(epoch from a.created_at)::float8 * 1000 as "createdAt", extract(epoch from now())::float8 * 1000 as now,
  extract(epoch from w.starts_at)::float8 * 1000 as "startsAt", extract(epoch from w.ends_at)::float8 * 1000 as "endsAt",
  coalesce(w.spent, 0) as spent, coalesce(w.held, 0) as held, coalesce(w.overage, 0) as overage
from allowance a
left join lateral (
  select * from allowance_window where allowance_id = a.id and starts_at <= now() order by starts_at desc limit 1
) w on true
left join tenant t on a.scope_kind = 'TENANT' and t.id::text = a.scope_value and t.id = a.tenant_id
left join project p on a.scope_kind = 'PROJECT' and p.id::text = a.scope_value and p.tenant_id = a.tenant_id
left join api_key k on a.scope_kind = 'API_KEY' and k.id::text = a.scope_value and k.tenant_id = a.tenant_id`

export function createAllowanceReads(prisma: PrismaClient): AllowanceReads {
  return {
    async find({ ids, reader, deleted = false }) {
      const rows = await prisma.$queryRaw<Row[]>`${states}
        where ${visible(reader)} and (${deleted} or a.deleted_at is null) and a.id = any(${ids}::uuid[])`
      return rows.map(stateOf)
    },
    async ofScopes({ scopes, reader }) {
      const kinds = scopes.map(({ kind }) => kind)
      const values = scopes.map(({ value }) => value)
      const rows = await prisma.$queryRaw<Row[]>`${states}
        where ${visible(reader)} and a.deleted_at is null
          and (a.scope_kind, a.scope_value) in (select * from unnest(${kinds}::text[], ${values}::text[]))
        order by a.id`
      return rows.map(stateOf)
    },
    async page({ first, after, ...selection }) {
      const behind = after === undefined ? Prisma.empty : Prisma.sql`and a.id > ${after}::uuid`
      const rows = await prisma.$queryRaw<Row[]>`${states}
        where ${selected(selection)} ${behind} order by a.id limit ${first + 1}`
      return { states: rows.slice(0, first).map(stateOf), hasNextPage: rows.length > first }
    },
    async count(selection) {
      const [row] = await prisma.$queryRaw<{ count: number }[]>`
        select count(*)::int as count from allowance a where ${selected(selection)}`
      return row?.count ?? 0
    },
    histories: (asked) => budgetHistories(prisma, asked),
    async refusals(ids) {
      // The time in an id finds the partition.
      const rows = await prisma.$queryRaw<{ id: string; count: number }[]>`
        select refused_by as id, count(*)::int as count from request
        where refused_by = any(${ids}::uuid[]) and id >= rpad(
          lpad(to_hex((extract(epoch from now() - interval '1 hour') * 1000)::bigint), 12, '0'), 32, '0')::uuid
        group by refused_by`
      return new Map(rows.map(({ id, count }) => [id, count]))
    },
  }
}

const visible = ({ tenantId, runsInstallation }: AllowanceReader) =>
  runsInstallation ? Prisma.sql`true` : Prisma.sql`a.tenant_id = ${tenantId}::uuid`

const selected = ({ kind, scope, tenantId }: AllowanceSelection) => Prisma.sql`
  a.deleted_at is null and a.kind = ${kind}
  ${tenantId === null ? Prisma.empty : Prisma.sql`and a.tenant_id = ${tenantId}::uuid`}
  ${scope ? Prisma.sql`and a.scope_kind = ${scope.kind} and a.scope_value = ${scope.value}` : Prisma.empty}`

function stateOf(row: Row): AllowanceState {
  const {
    scopeKind,
    scopeValue,
    label,
    paused,
    version,
    createdAt,
    now,
    startsAt,
    endsAt,
    ...rest
  } = row
  const { spent, held, overage, ...named } = rest
  const allowance = { ...named, scope: { kind: scopeKind, value: scopeValue } }
  const newest = startsAt === null ? undefined : { startsAt, endsAt }
  const window = currentBounds({ ...allowance, now }, newest)
  const used = window === newest ? { spent, held, overage } : { spent: 0n, held: 0n, overage: 0n }
  return {
    allowance,
    label: label ?? scopeValue,
    paused,
    version,
    createdAt,
    now,
    window: { ...window, startsAt: window.endsAt === null ? createdAt : window.startsAt },
    ...used,
  }
}
