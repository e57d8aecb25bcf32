import { Prisma, type PrismaClient } from '#generated/prisma/client.ts'
import type { Viewer } from '#domain/access.ts'
import type { Allowance, AllowanceScope, ScopeKind } from '#domain/allowance.ts'
import { type AllowanceState, currentBounds } from '#domain/allowance-state.ts'
import { type BudgetPeriodRecord, budgetHistory } from '#domain/budget-history.ts'
import { GatewayError } from '#domain/errors.ts'

/** What of a viewer decides which allowances are seen. */
export type AllowanceReader = Pick<Viewer, 'tenantId' | 'runsInstallation'>

export interface AllowanceSelection {
  readonly kind: Allowance['kind']
  /** Of everything by default. */
  readonly scope?: AllowanceScope | undefined
}

export interface AllowancePage {
  readonly states: readonly AllowanceState[]
  readonly hasNextPage: boolean
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
left join tenant t on a.scope_kind = 'TENANT' and t.id::text = a.scope_value
left join project p on a.scope_kind = 'PROJECT' and p.id::text = a.scope_value
left join api_key k on a.scope_kind = 'API_KEY' and k.id::text = a.scope_value`

const visible = ({ tenantId, runsInstallation }: AllowanceReader) =>
  runsInstallation
    ? Prisma.sql`a.deleted_at is null`
    : Prisma.sql`a.deleted_at is null and a.tenant_id = ${tenantId}::uuid`

/** Finds allowances by their ids, whatever their order; deleted ones are gone. One statement. */
export async function findAllowances(
  prisma: PrismaClient,
  { ids, reader }: { ids: readonly string[]; reader: AllowanceReader },
): Promise<readonly AllowanceState[]> {
  const rows = await prisma.$queryRaw<Row[]>`${states}
    where ${visible(reader)} and a.id = any(${ids}::uuid[])`
  return rows.map(stateOf)
}

/** Finds all allowances of several scopes, oldest first. One statement. */
export async function allowancesOfScopes(
  prisma: PrismaClient,
  { scopes, reader }: { scopes: readonly AllowanceScope[]; reader: AllowanceReader },
): Promise<readonly AllowanceState[]> {
  const rows = await prisma.$queryRaw<Row[]>`${states}
    where ${visible(reader)} and (a.scope_kind, a.scope_value) in (
      select * from unnest(${scopes.map(({ kind }) => kind)}::text[], ${scopes.map(({ value }) => value)}::text[]))
    order by a.id`
  return rows.map(stateOf)
}

/**
 * The allowances of a tenant, oldest first.
 *
 * @param after The id behind which the page begins.
 */
export async function allowancePage(
  prisma: PrismaClient,
  { first, after, ...selection }: Selected & { first: number; after?: string | undefined },
): Promise<AllowancePage> {
  const behind = after === undefined ? Prisma.empty : Prisma.sql`and a.id > ${after}::uuid`
  const rows = await prisma.$queryRaw<Row[]>`${states}
    where ${selected(selection)} ${behind} order by a.id limit ${first + 1}`
  return { states: rows.slice(0, first).map(stateOf), hasNextPage: rows.length > first }
}

export async function countAllowances(prisma: PrismaClient, asked: Selected): Promise<number> {
  const [row] = await prisma.$queryRaw<{ count: number }[]>`
    select count(*)::int as count from allowance a where ${selected(asked)}`
  return row?.count ?? 0
}

type Selected = AllowanceSelection & { readonly tenantId: string }

const selected = ({ kind, scope, tenantId }: Selected) => Prisma.sql`
  a.deleted_at is null and a.tenant_id = ${tenantId}::uuid and a.kind = ${kind} ${
    scope
      ? Prisma.sql`and a.scope_kind = ${scope.kind} and a.scope_value = ${scope.value}`
      : Prisma.empty
  }`

/** The largest number of periods that are looked back at. */
const mostPeriods = 100

interface PeriodRow extends BudgetPeriodRecord {
  readonly id: string
}

/**
 * The last periods of several budgets that have ended, by the order of the budgets. One statement.
 *
 * @param last How many, 1 to 100.
 * @throws {GatewayError} INVALID_REQUEST for other numbers.
 */
export async function budgetHistories(
  prisma: PrismaClient,
  { budgets, last }: { budgets: readonly AllowanceState[]; last: number },
): Promise<readonly (readonly BudgetPeriodRecord[])[]> {
  if (last < 1 || last > mostPeriods) {
    const message = `must be from 1 to ${mostPeriods}`
    throw new GatewayError('INVALID_REQUEST', `\`last\` ${message}.`, {
      issues: [{ path: ['last'], message }],
    })
  }
  const rows = await prisma.$queryRaw<PeriodRow[]>`
    select a.id, extract(epoch from w.starts_at)::float8 * 1000 as "from",
      extract(epoch from w.ends_at)::float8 * 1000 as "to", w.spent, coalesce(w.amount, a.amount) as "limit"
    from allowance a cross join lateral (
      select * from allowance_window where allowance_id = a.id and ends_at <= now() order by starts_at desc limit ${last}
    ) w where a.id = any(${budgets.map(({ allowance }) => allowance.id)}::uuid[]) order by w.starts_at desc`
  const byBudget = Map.groupBy(rows, ({ id }) => id)
  return budgets.map(({ allowance, createdAt, window }) =>
    budgetHistory(
      (byBudget.get(allowance.id) ?? []).map(({ id: _id, ...record }) => record),
      { budget: allowance, createdAt, currentFrom: window.startsAt, last },
    ),
  )
}

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
