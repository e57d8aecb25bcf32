import { Gauge, type Registry } from 'prom-client'
import type { CircuitState } from '#domain/provider-circuit.ts'

/** A provider as the metrics show it. */
export interface MeasuredProvider {
  readonly name: string
  /** Whether it answered last; null while nobody knows. */
  readonly up: boolean | null
  /** The worst of its targets'. */
  readonly circuit: CircuitState
}

const circuitStates: Readonly<Record<CircuitState, number>> = { CLOSED: 0, HALF_OPEN: 1, OPEN: 2 }

/** Shows how providers are, whenever somebody reads. */
export function gaugeProviders(
  registry: Registry,
  providers: () => readonly MeasuredProvider[],
): void {
  const registers = [registry]
  new Gauge({
    name: 'orchestrator_provider_up',
    help: '1 when the provider answered last, 0 when it failed; absent while nobody knows.',
    labelNames: ['provider'],
    registers,
    collect() {
      this.reset()
      for (const { name, up } of providers())
        if (up !== null) this.set({ provider: name }, up ? 1 : 0)
    },
  })
  new Gauge({
    name: 'orchestrator_circuit_state',
    help: "The worst circuit of a provider's models: 0 closed, 1 half open, 2 open.",
    labelNames: ['provider'],
    registers,
    collect() {
      this.reset()
      for (const { name, circuit } of providers())
        this.set({ provider: name }, circuitStates[circuit])
    },
  })
}
