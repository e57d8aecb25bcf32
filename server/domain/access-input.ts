import type { KeyGrant } from './api-key.ts'
import { type FieldIssue, GatewayError } from './errors.ts'

/** A key that is wanted. Instants are epoch milliseconds. */
export interface NewApiKey extends KeyGrant {
  readonly name: string
  /** Null: it does not expire. */
  readonly expiresAt: number | null
}

/** What is left out stays as it is. */
export type ApiKeyPatch = Partial<Omit<NewApiKey, 'tenantId' | 'projectId'>>

export interface NewTenant {
  readonly slug: string
  readonly name: string
  readonly reportingTimeZone: string
}

/** What is left out stays as it is. */
export interface TenantPatch {
  readonly name?: string
  readonly reportingTimeZone?: string
  readonly storePayloads?: boolean
  readonly retentionDays?: number
}

export interface NewProject {
  readonly tenantId: string
  readonly slug: string
  readonly name: string
}

const longestName = 100
const mostModels = 100
const longestModel = 512
const longestRetentionDays = 3650
/** 30 days. */
const longestGraceSeconds = 2_592_000

/**
 * Checks what people write when they make or change keys, tenants and projects.
 *
 * @throws {GatewayError} INVALID_REQUEST that names every field that is wrong.
 */
export function checkAccessInput(given: {
  readonly name?: string
  readonly slug?: string
  readonly allowedModels?: readonly string[]
  readonly retentionDays?: number
  readonly graceSeconds?: number
}): void {
  const { name, slug, allowedModels = [], retentionDays, graceSeconds } = given
  const issues: FieldIssue[] = []
  const expect = (field: string, { holds, message }: { holds: boolean; message: string }) => {
    if (!holds) issues.push({ path: ['input', field], message })
  }
  if (name !== undefined) {
    expect('name', {
      holds: isPlain(name) && name.trim() === name && name.length <= longestName,
      message: `must have 1 to ${longestName} characters, and no space at either end`,
    })
  }
  if (slug !== undefined) {
    expect('slug', {
      holds: /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/.test(slug),
      message: 'must be 1 to 63 of a-z, 0-9 and -, without - at either end',
    })
  }
  expect('allowedModels', {
    holds:
      allowedModels.length <= mostModels &&
      allowedModels.every((model) => isPlain(model) && model.length <= longestModel),
    message: `must be at most ${mostModels} names such as openai:gpt-5 or openai:*`,
  })
  expect('retentionDays', {
    holds: isWithin(retentionDays, { least: 1, most: longestRetentionDays }),
    message: `must be from 1 to ${longestRetentionDays}`,
  })
  expect('graceSeconds', {
    holds: isWithin(graceSeconds, { least: 0, most: longestGraceSeconds }),
    message: `must be from 0 to ${longestGraceSeconds}`,
  })
  refuseIssues(issues)
}

/** @throws {GatewayError} INVALID_REQUEST where there are any. */
function refuseIssues(issues: readonly FieldIssue[]): void {
  if (issues.length === 0) return
  const all = issues.map(({ path, message }) => `\`${path.at(-1)}\` ${message}`).join('; ')
  throw new GatewayError('INVALID_REQUEST', `${all}.`, { issues })
}

const isPlain = (text: string): boolean =>
  text.length > 0 && text.isWellFormed() && !/\p{Cc}/u.test(text)

function isWithin(
  value: number | undefined,
  { least, most }: { least: number; most: number },
): boolean {
  return value === undefined || (Number.isInteger(value) && value >= least && value <= most)
}
