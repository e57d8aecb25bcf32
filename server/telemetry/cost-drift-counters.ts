import { Counter, type Registry } from 'prom-client'
import { costSumsOf } from '#domain/cost-drift.ts'
import { formatUsd, type Ticks } from '#domain/money.ts'
import type { RequestRecord } from '#domain/request-record.ts'

/**
 * What providers report that calls cost, beside what the price table says of the same calls.
 *
 * @returns Is to be told of every call that has ended.
 */
export function countCostDrift(registry: Registry): (record: RequestRecord) => void {
  const sums = new Map<string, { reported: Ticks; computed: Ticks }>()
  const counter = (name: string, { help, of }: { help: string; of: 'reported' | 'computed' }) =>
    new Counter({
      name,
      help,
      labelNames: ['provider'],
      registers: [registry],
      collect() {
        this.reset()
        for (const [provider, sum] of sums) this.inc({ provider }, Number(formatUsd(sum[of])))
      },
    })
  counter('orchestrator_cost_reported_usd_total', {
    help: 'What providers say that calls cost, in US dollars, where the price table can compute it too.',
    of: 'reported',
  })
  counter('orchestrator_cost_computed_usd_total', {
    help: 'What the price table says of the same calls, in US dollars.',
    of: 'computed',
  })
  return (record) => {
    for (const { providerName, reported, computed } of costSumsOf(record)) {
      const sum = sums.get(providerName) ?? { reported: 0n, computed: 0n }
      sums.set(providerName, sum)
      sum.reported += reported
      sum.computed += computed
    }
  }
}
