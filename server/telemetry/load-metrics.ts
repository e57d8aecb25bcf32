import { Counter, Gauge, type Registry } from 'prom-client'
import type { Load } from '#domain/load-shedding.ts'
import { priorities } from '#domain/queue-order.ts'
import type { Priority } from '#domain/request-record.ts'

/** @returns Is to be told of calls that are refused because the process has too much to do. */
export function countShedCalls(
  registry: Registry,
  load: () => Load,
): (call: { readonly priority: Priority }) => void {
  const registers = [registry]
  new Gauge({
    name: 'orchestrator_event_loop_lag_seconds',
    help: 'How late the event loop is, smoothed over a second.',
    registers,
    collect() {
      this.set(load().lagMs / 1000)
    },
  })
  const shed = new Counter({
    name: 'orchestrator_shed_total',
    help: 'Calls that were refused because this process had too much to do.',
    labelNames: ['priority'],
    registers,
  })
  for (const priority of priorities) shed.inc({ priority }, 0)
  return ({ priority }) => shed.inc({ priority })
}
