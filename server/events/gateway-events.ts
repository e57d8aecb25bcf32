import type { Viewer } from '#domain/access.ts'
import { type BudgetNotice, mergedNotice, readBudgetMessage } from '#domain/budget-notice.ts'
import { GatewayError } from '#domain/errors.ts'
import type { HealthState } from '#domain/health-score.ts'
import type { HealthTransition } from '#domain/health-transition.ts'
import type { Clock } from '#gateway/ports.ts'
import { createTopic, type Topic } from './hub.ts'
import type { PostgresBus } from './postgres-bus.ts'
import type { Subscription } from './subscription.ts'

/** What people are told as it happens. `at` is epoch ms. */
export type GatewayEvent =
  | { readonly kind: 'ALERT'; readonly alertId: string; readonly at: number }
  | {
      readonly kind: 'BUDGET'
      readonly allowanceId: string
      readonly thresholdCrossed: number | null
      readonly at: number
    }
  | {
      readonly kind: 'HEALTH'
      readonly providerName: string
      readonly from: HealthState
      readonly to: HealthState
      readonly at: number
    }

export interface GatewayEvents {
  /** Events of the viewer's tenant, and of all providers. Ends with an error when some may have been missed. */
  subscribe(viewer: Viewer): Subscription<GatewayEvent>
  readonly revoke: Topic<GatewayEvent>['revoke']
  stop(): void
}

const everyMs = 1000
/** So far a subscriber may fall behind: nothing is ever left out silently. */
const capacity = 500

/**
 * Events of all replicas: alerts at once, a budget at most once a second, and the health of providers as this replica
 * sees it.
 */
export function createGatewayEvents({
  bus,
  clock,
  health,
}: {
  bus: Pick<PostgresBus, 'on'>
  clock: Clock
  health: { onChange(listener: (transition: HealthTransition) => void): () => void }
}): GatewayEvents {
  const topic = createTopic<GatewayEvent>({ overflow: 'CLOSE', capacity }, clock)
  let budgets = new Map<string, BudgetNotice>()

  const tellBudgets = () => {
    const notices = budgets
    budgets = new Map()
    for (const { tenantId, allowanceId, crossed } of notices.values()) {
      topic.publish(tenantId, {
        kind: 'BUDGET',
        allowanceId,
        thresholdCrossed: crossed,
        at: clock.epochMs(),
      })
    }
  }

  const stops = [
    health.onChange(({ providerName, from, to, at }) =>
      topic.publishToAll({ kind: 'HEALTH', providerName, from, to, at }),
    ),
    clock.every(everyMs, tellBudgets),
    bus.on('alert', {
      heard(payload) {
        const [tenantId, alertId] = payload.split('/')
        if (tenantId && alertId)
          topic.publish(tenantId, { kind: 'ALERT', alertId, at: clock.epochMs() })
      },
      resumed: () => topic.revoke(() => true, missed()),
    }),
    bus.on('budget', {
      heard(payload) {
        if (topic.subscribers === 0) return
        for (const notice of readBudgetMessage(payload)) {
          const earlier = budgets.get(notice.allowanceId)
          budgets.set(notice.allowanceId, earlier ? mergedNotice(earlier, notice) : notice)
        }
      },
      // The other listener has closed all subscriptions.
      resumed: () => {},
    }),
  ]
  return {
    subscribe: (viewer) => topic.subscribe({ tenantId: viewer.tenantId, viewer }),
    revoke: topic.revoke,
    stop() {
      for (const stop of stops) stop()
    },
  }
}

function missed(): GatewayError {
  return new GatewayError(
    'OVERLOADED',
    'Events may have been missed while the database was away: read again what you show, and subscribe again.',
    { retryAfterMs: 1000 },
  )
}
