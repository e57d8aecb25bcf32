import type { CurrentConfig } from '#config/current.ts'
import type { Gateway } from '#gateway/complete.ts'
import type { SlotQueue } from '#gateway/slots.ts'
import type { Log } from '#telemetry/logger.ts'
import type { Access } from './open-access.ts'
import type { Costs } from './open-costs.ts'
import type { Health } from './open-health.ts'
import type { Live } from './open-live.ts'
import type { Providers } from './open-providers.ts'
import type { Database, Records } from './open-records.ts'

/** All that the doors open on. */
export interface House {
  readonly version: string
  readonly database: Database
  readonly config: CurrentConfig
  readonly log: Log
  readonly access: Access
  readonly providers: Providers
  readonly records: Records
  readonly costs: Costs
  readonly health: Health
  readonly live: Live
  readonly slots: SlotQueue
  readonly gateway: Gateway
}
