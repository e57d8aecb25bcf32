import { Counter, type Registry } from 'prom-client'

/** @returns Is to be told of a provider's events that could not be read. */
export function countMalformedEvents(
  registry: Registry,
): (seen: { readonly provider: string; readonly count: number }) => void {
  const counter = new Counter({
    name: 'orchestrator_malformed_events_total',
    help: 'Events inside answers that could not be read, and were passed over.',
    labelNames: ['provider'],
    registers: [registry],
  })
  return ({ provider, count }) => counter.inc({ provider }, count)
}
