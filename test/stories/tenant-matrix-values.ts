import { encodeGlobalId } from '#graphql/global-id.ts'
import { cursorOf } from '#graphql/keyset-page.ts'
import {
  askedTime,
  mark,
  type MatrixTenant,
  nodeIds,
  sharedNodeIds,
} from './tenant-matrix-tenants.ts'

/** A value for an argument, and what it stands for. */
export interface Choice {
  readonly label: string
  readonly value: unknown
}

/** What arguments can be filled with: what is A's, and what is harmless. */
export interface MatrixValues {
  /** Fields that are always given, though they need not be. */
  readonly always: readonly string[]
  /** What of A's fits an ID of that name. */
  idsFor(name: string): readonly Choice[]
  /** What of A's fits a text of that name; nothing where no text of A's means anything. */
  textsFor(name: string): readonly Choice[]
  /** What of A's fits a scope of that kind. */
  scopesFor(kind: string): readonly Choice[]
  /** Something valid for a leaf of that name and type. */
  harmless(name: string, type: string): unknown
}

/** What the product has given out to A during the run. */
export interface Given {
  /** The X-Request-ID of a call. */
  readonly requestId: string
  readonly completionId: string
  readonly idempotencyKey: string
  readonly fingerprint: string
}

export function matrixValues(
  tenants: { readonly a: MatrixTenant; readonly b: MatrixTenant; readonly startMs: number },
  { always = [], ...given }: Given & { readonly always?: readonly string[] },
): MatrixValues {
  const { a, b, startMs } = tenants
  const { completionId, fingerprint, idempotencyKey } = given
  const nodes: readonly Choice[] = Object.entries(nodeIds(a)).map(([label, value]) => ({
    label,
    value,
  }))
  const plain = (label: string, value: string): Choice => ({ label, value })
  const either = (type: string, id: string) => [
    plain(`${type} by its id`, encodeGlobalId(type, id)),
    plain(`${type} by its UUID`, id),
  ]
  const requestCursor = Buffer.from(`CREATED_AT:DESC::${a.requestIds[1]}`).toString('base64url')
  // What the installation's administrator can change.
  const ofInstallation = plain('Provider', sharedNodeIds['Provider'] ?? '')
  const cursors = [
    plain('cursor', cursorOf(a.keys.CALLER)),
    plain('cursor of requests', requestCursor),
  ]
  const request = either('Request', a.requestIds[0] ?? '')
  const tenant = either('Tenant', a.tenantId)
  const project = either('Project', a.projectId)
  const apiKey = either('ApiKey', a.keys.CALLER)
  const endUser = [plain('end user', a.endUser)]
  const model = [
    plain('model', `openai:${mark}-model`),
    plain('model by its name', `${mark}-model`),
  ]
  const none: readonly Choice[] = []
  const ids: Readonly<Record<string, readonly Choice[]>> = {
    requestId: [...request, plain('X-Request-ID', given.requestId)],
    completionId: [plain('completion', completionId), ...request],
    errorFingerprint: [plain('fingerprint', fingerprint)],
    toolCallId: none,
  }
  const texts: Readonly<Record<string, readonly Choice[]>> = {
    after: cursors,
    before: cursors,
    search: [plain('part of a name', mark.slice(0, 4))],
    idempotencyKey: [plain('idempotency key', idempotencyKey)],
    slug: [plain('slug', `${mark}-slug`)],
    endUser,
    model,
    tenant,
    project,
    apiKey: [...apiKey, plain('key by its name', `${mark} CALLER key`)],
    clientIp: [plain('client IP', a.clientIp)],
    sessionId: [plain('session', `${mark}-session`)],
    tag: [plain('tag', `${mark}-tag`)],
    tags: [plain('tag', `${mark}-tag`)],
    subject: [plain('subject', `${mark}-model`)],
  }
  const scopes: Readonly<Record<string, readonly Choice[]>> = {
    TENANT: tenant,
    PROJECT: project,
    API_KEY: apiKey,
    END_USER: endUser,
    MODEL: model,
    CLIENT_IP: [plain('client IP', a.clientIp)],
    PROVIDER: [plain('provider', 'openai'), plain('simulator', 'simulator')],
  }
  const time = askedTime(startMs)
  const own: Readonly<Record<string, unknown>> = {
    tenantId: encodeGlobalId('Tenant', b.tenantId),
    projectId: encodeGlobalId('Project', b.projectId),
    ...time,
    model: 'simulator:echo',
    provider: 'simulator',
    name: 'simulator',
    priority: 'NORMAL',
    unit: 'REQUESTS',
    window: 'DAY',
    toolChoice: 'auto',
    argumentsJson: '{}',
    clientIp: b.clientIp,
    dryRun: false,
    onlyUnpriced: false,
  }
  const leaves: Readonly<Record<string, unknown>> = {
    ID: encodeGlobalId('Request', b.requestIds[0] ?? ''),
    Int: 1,
    Float: 0.5,
    Boolean: true,
    Decimal: '1',
    BigInt: 1,
    JSON: {},
    DateTime: '2099-01-01T00:00:00Z',
    TimeZone: 'UTC',
    URL: 'https://example.com/',
  }
  let serial = 0
  return {
    always,
    idsFor: (name) => ids[name] ?? [...nodes, ofInstallation],
    textsFor: (name) => texts[name] ?? none,
    scopesFor(kind) {
      const found = scopes[kind]
      if (!found) throw new Error(`say what of A's is a scope of ${kind}`)
      return found
    },
    harmless: (name, type) => own[name] ?? leaves[type] ?? `matrix-${serial++}`,
  }
}
