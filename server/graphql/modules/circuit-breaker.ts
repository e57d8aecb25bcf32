import type { CircuitSnapshot } from '#domain/circuit-snapshot.ts'
import type { CircuitState as State } from '#domain/provider-circuit.ts'
import { builder } from '../builder.ts'

const states: Readonly<Record<State, true>> = { CLOSED: true, OPEN: true, HALF_OPEN: true }

export const CircuitState = builder.enumType('CircuitState', {
  values: Object.keys(states) as State[],
})

export const CircuitBreaker = builder.objectRef<CircuitSnapshot>('CircuitBreaker').implement({
  description: "The worst of the circuits of a provider's targets.",
  fields: (t) => ({
    state: t.field({ type: CircuitState, resolve: ({ state }) => state }),
    openedAt: t.field({
      type: 'DateTime',
      nullable: true,
      resolve: (circuit) => (circuit.state === 'CLOSED' ? null : circuit.openedAt),
    }),
    retryAt: t.field({
      type: 'DateTime',
      nullable: true,
      description: 'When a call is let through to see whether the provider works again.',
      resolve: (circuit) => (circuit.state === 'OPEN' ? circuit.retryAt : null),
    }),
  }),
})
