import { busy, exceeded } from './allowance-refusal.ts'
import type { AllowanceState } from './allowance-state.ts'
import type { GatewayError } from './errors.ts'
import { decide, type Demand } from './reservation.ts'

/** What would refuse an attempt that is made now: each budget and quota that stands in the way, as it would say it. */
export function allowanceRefusals(
  demand: Demand,
  states: readonly AllowanceState[],
): readonly GatewayError[] {
  const left = [...states]
  const refusals: GatewayError[] = []
  for (;;) {
    const decision = decide(
      demand,
      left.map(({ allowance, spent, held }) => ({ ...allowance, spent, held })),
    )
    if (decision.kind === 'GRANTED') return refusals
    for (const state of left.splice(decision.window, 1)) {
      const { allowance, held, now, spent, window } = state
      const { endsAt } = window
      const refused = { allowance, spent, held, resetsAt: endsAt }
      const resetsInMs = endsAt === null ? null : endsAt - now
      refusals.push(decision.kind === 'BUSY' ? busy(refused) : exceeded(refused, resetsInMs))
    }
  }
}
