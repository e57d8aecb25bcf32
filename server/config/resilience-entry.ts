import { z } from 'zod'
import type { Policies, Timeouts } from '#domain/config.ts'
import { defaultBreaker } from '#domain/breaker.ts'
import { defaultResilience, type Resilience } from '#domain/resilience.ts'
import { defaultDisabling } from '#domain/target-health.ts'
import { defaultTimeouts } from './provider-defaults.ts'

const hourMs = 3_600_000
const ms = z.int().min(1).max(hourMs).optional()
const count = z.int().min(1).max(1_000_000).optional()

const breaker = z.strictObject({
  in_a_row: count,
  ratio: z.number().gt(0).max(1).optional(),
  least_calls: count,
  window_ms: ms,
  open_ms: ms,
  longest_open_ms: z
    .int()
    .min(1)
    .max(24 * hourMs)
    .optional(),
})
const health = z.strictObject({
  failing_ms: ms,
  least_failures: count,
  recoveries: count,
})

/** How failures are taken: of all providers under `defaults`, of one, and of a target of a route. */
export const resilienceKeys = {
  timeouts: z
    .strictObject({ connect_ms: ms, first_token_ms: ms, stall_ms: ms, total_ms: ms })
    .optional(),
  retries: z
    .strictObject({
      max: z.int().min(0).max(10).optional(),
      base_ms: z.int().min(0).max(hourMs).optional(),
      cap_ms: z.int().min(0).max(hourMs).optional(),
    })
    .optional(),
  retry_budget: z
    .strictObject({
      ratio: z.number().min(0).max(1).optional(),
      least: z.int().min(0).max(1_000_000).optional(),
      window_ms: ms,
    })
    .optional(),
  breaker: z.union([z.literal(false), breaker], 'expected false, or a mapping').optional(),
  health: z.union([z.literal(false), health], 'expected false, or a mapping').optional(),
  cool_down: z.boolean().optional(),
}

const resilienceEntry = z.strictObject(resilienceKeys)
export type ResilienceEntry = z.infer<typeof resilienceEntry>

const ours: Policies = { timeouts: defaultTimeouts, resilience: defaultResilience }

/** What an entry says; what it does not say is that of `base`, by default the product's own. */
export function policiesOf(entry: ResilienceEntry, base: Policies = ours): Policies {
  return {
    timeouts: timeoutsOf(entry, base.timeouts),
    resilience: resilienceOf(entry, base.resilience),
  }
}

function resilienceOf(entry: ResilienceEntry, base: Resilience): Resilience {
  const { retries, retry_budget: budget, breaker: circuit, health: disabling } = entry
  return shared({
    retries: merged(base.retries, {
      maxRetries: retries?.max,
      baseMs: retries?.base_ms,
      capMs: retries?.cap_ms,
    }),
    retryBudget: merged(base.retryBudget, {
      ratio: budget?.ratio,
      least: budget?.least,
      windowMs: budget?.window_ms,
    }),
    breaker:
      circuit === false
        ? null
        : circuit === undefined
          ? base.breaker
          : merged(base.breaker ?? defaultBreaker, {
              inARow: circuit.in_a_row,
              ratio: circuit.ratio,
              leastCalls: circuit.least_calls,
              windowMs: circuit.window_ms,
              openMs: circuit.open_ms,
              longestOpenMs: circuit.longest_open_ms,
            }),
    disabling:
      disabling === false
        ? null
        : disabling === undefined
          ? base.disabling
          : merged(base.disabling ?? defaultDisabling, {
              failingMs: disabling.failing_ms,
              leastFailures: disabling.least_failures,
              recoveries: disabling.recoveries,
            }),
    coolsDown: entry.cool_down ?? base.coolsDown,
  })
}

function timeoutsOf({ timeouts }: ResilienceEntry, base: Timeouts): Timeouts {
  return merged(base, {
    connectMs: timeouts?.connect_ms,
    firstTokenMs: timeouts?.first_token_ms,
    stallMs: timeouts?.stall_ms,
    totalMs: timeouts?.total_ms,
  })
}

/** The base itself where nothing else is said. */
function merged<Policy extends object>(
  base: Policy,
  said: { readonly [Key in keyof Policy]?: Policy[Key] | undefined },
): Policy {
  const before = new Map<string, unknown>(Object.entries(base))
  const stated = Object.entries(said).filter(
    ([key, value]) => value !== undefined && value !== before.get(key),
  )
  return stated.length === 0 ? base : { ...base, ...Object.fromEntries(stated) }
}

const known = new Map<string, Resilience>()
const mostKnown = 1_000
const defaultText = JSON.stringify(defaultResilience)

/** Policies that say the same are the same, over reloads too: a target keeps its state while its policies stay. */
function shared(resilience: Resilience): Resilience {
  const text = JSON.stringify(resilience)
  if (text === defaultText) return defaultResilience
  const same = known.get(text)
  if (same) return same
  if (known.size >= mostKnown) known.clear()
  known.set(text, resilience)
  return resilience
}
