import type { ErrorCode } from './errors.ts'
import type { RequestRecord } from './request-record.ts'

/** What was seen of a call that somebody should know of, once it is clear whether it is new. */
export type AlertSighting =
  | {
      readonly kind: 'UNPRICED'
      readonly tenantId: string
      /** `provider:model`. */
      readonly model: string
      readonly count: number
    }
  /** A budget or quota refused calls. */
  | { readonly kind: 'REFUSAL'; readonly allowanceId: string; readonly count: number }
  /** A call cost more than its hold in a window. */
  | {
      readonly kind: 'OVERAGE'
      readonly windowId: string
      readonly model: string
      /** Ticks; the most of one call. */
      readonly above: bigint
      readonly count: number
    }
  /** How a provider took the gateway's credential last. */
  | {
      readonly kind: 'CREDENTIAL'
      readonly providerName: string
      /** Null: it took it. */
      readonly code: ErrorCode | null
      /** Whose calls it refused, and how many. */
      readonly refused: ReadonlyMap<string, number>
    }

const credentialCodes: readonly ErrorCode[] = ['PROVIDER_AUTH', 'PROVIDER_QUOTA']
const refusalCodes: readonly (ErrorCode | null)[] = ['BUDGET_EXCEEDED', 'QUOTA_EXCEEDED']

/**
 * What a call that has ended shows.
 *
 * @param isRejected Whether a provider's credential counts as rejected: only then does a success tell anything.
 */
export function sightingsOf(
  record: RequestRecord,
  isRejected: (providerName: string) => boolean,
): readonly AlertSighting[] {
  const { attempts, errorCode, refusedBy, tenantId } = record
  const seen: AlertSighting[] = []
  if (refusedBy !== undefined && refusalCodes.includes(errorCode))
    seen.push({ kind: 'REFUSAL', allowanceId: refusedBy, count: 1 })
  for (const { cost, error, model, providerName, simulated, windows = [] } of attempts) {
    if (simulated) continue
    const name = `${providerName}:${model}`
    if (cost?.source === 'UNPRICED')
      seen.push({ kind: 'UNPRICED', tenantId, model: name, count: 1 })
    for (const { id, unit, held } of windows) {
      const above = unit === 'TICKS' && held > 0n ? (cost?.total ?? 0n) - held : 0n
      if (above > 0n) seen.push({ kind: 'OVERAGE', windowId: id, model: name, above, count: 1 })
    }
    if (error && credentialCodes.includes(error.code))
      seen.push({
        kind: 'CREDENTIAL',
        providerName,
        code: error.code,
        refused: new Map([[tenantId, 1]]),
      })
    else if (!error && isRejected(providerName))
      seen.push({ kind: 'CREDENTIAL', providerName, code: null, refused: new Map() })
  }
  return seen
}

/** Sightings under one key are one, see `mergedSighting`. */
export function sightingKey(sighting: AlertSighting): string {
  switch (sighting.kind) {
    case 'UNPRICED':
      return `UNPRICED ${sighting.tenantId} ${sighting.model}`
    case 'REFUSAL':
      return `REFUSAL ${sighting.allowanceId}`
    case 'OVERAGE':
      return `OVERAGE ${sighting.windowId} ${sighting.model}`
    case 'CREDENTIAL':
      return `CREDENTIAL ${sighting.providerName}`
  }
}

/** Two sightings under one key together; of a credential, the later one says how it is. */
export function mergedSighting(earlier: AlertSighting, later: AlertSighting): AlertSighting {
  if (earlier.kind === 'CREDENTIAL' && later.kind === 'CREDENTIAL') {
    const refused = new Map(earlier.refused)
    for (const [tenantId, count] of later.refused)
      refused.set(tenantId, (refused.get(tenantId) ?? 0) + count)
    return { ...later, refused }
  }
  if (earlier.kind === 'CREDENTIAL' || later.kind === 'CREDENTIAL') return later
  const count = earlier.count + later.count
  if (earlier.kind === 'OVERAGE' && later.kind === 'OVERAGE')
    return { ...later, count, above: earlier.above > later.above ? earlier.above : later.above }
  return { ...later, count }
}
