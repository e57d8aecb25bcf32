import type { RoutingWish } from './call-route.ts'
import { GatewayError } from './errors.ts'
import { parseModelName } from './model-name.ts'
import { parseUsd, type Ticks } from './money.ts'
import type { RoutingStrategy } from './route-strategy.ts'

/** What a call asks of its routing, as its caller wrote it. Null and absent are the same: nothing is asked. */
export interface WrittenWish {
  readonly strategy?: string | null | undefined
  readonly allow?: readonly string[] | null | undefined
  readonly deny?: readonly string[] | null | undefined
  readonly fallbacks?: readonly string[] | null | undefined
  /** A decimal number of US dollars. */
  readonly maxCost?: string | null | undefined
  readonly timeoutMs?: number | null | undefined
}

type WishPath = readonly [field: keyof WrittenWish, ...index: number[]]

/** Is told what is wrong, and where; a message goes on from the field's name. */
export type WishComplaint = (path: WishPath, message: string) => void

const strategies: Readonly<Record<RoutingStrategy, true>> = {
  PRIORITY: true,
  LOWEST_COST: true,
  LOWEST_LATENCY: true,
  WEIGHTED: true,
  ROUND_ROBIN: true,
  LEAST_BUSY: true,
}

export const routingStrategies = Object.keys(strategies) as readonly RoutingStrategy[]

const mostNames = 20
const longestName = 256
const longestTimeoutMs = 3_600_000

/**
 * Reads what a call asks of its routing into its one form: names without spaces around them and each once.
 *
 * @returns Undefined where nothing is asked; what it returns beside a complaint means nothing.
 */
export function readRoutingWish(
  { strategy, allow, deny, fallbacks, maxCost, timeoutMs }: WrittenWish,
  complain: WishComplaint,
): RoutingWish | undefined {
  const wish: RoutingWish = {
    strategy: strategyOf(strategy ?? undefined, complain),
    allow: namesOf('allow', { names: allow ?? [], read: readPattern, complain }),
    deny: namesOf('deny', { names: deny ?? [], read: readPattern, complain }),
    fallbacks: namesOf('fallbacks', { names: fallbacks ?? [], read: readModel, complain }),
    maxCost: maxCostOf(maxCost ?? undefined, complain),
    timeoutMs: timeoutOf(timeoutMs ?? undefined, complain),
  }
  return asksForNothing(wish) ? undefined : wish
}

function asksForNothing(wish: RoutingWish): boolean {
  const { allow, deny, fallbacks, maxCost, strategy, timeoutMs } = wish
  return (
    [allow, deny, fallbacks].every((names) => names.length === 0) &&
    strategy === undefined &&
    maxCost === null &&
    timeoutMs === undefined
  )
}

function strategyOf(
  text: string | undefined,
  complain: WishComplaint,
): RoutingStrategy | undefined {
  const found = routingStrategies.find((strategy) => strategy === text)
  if (text !== undefined && !found)
    complain(['strategy'], `must be one of ${routingStrategies.join(', ')}`)
  return found
}

function namesOf(
  field: 'allow' | 'deny' | 'fallbacks',
  {
    names,
    read,
    complain,
  }: {
    names: readonly string[]
    read: (name: string, complain: (message: string) => void) => string
    complain: WishComplaint
  },
): readonly string[] {
  if (names.length > mostNames) {
    complain([field], `must name at most ${mostNames}`)
    return []
  }
  const all = names.map((name, index) => {
    const fault = faultOf(name.trim())
    if (fault) complain([field, index], fault)
    return fault ? '' : read(name.trim(), (message) => complain([field, index], message))
  })
  return [...new Set(all)]
}

function faultOf(name: string): string | undefined {
  if (name === '') return 'must not be blank'
  if (name.length > longestName) return `must have at most ${longestName} characters`
  return /\p{Cc}|\p{Cs}/u.test(name) ? 'must have no control characters' : undefined
}

/** A star elsewhere would mean nothing, and who denies `*:gpt` must not believe that it is denied. */
function readPattern(pattern: string, complain: (message: string) => void): string {
  if (pattern.slice(0, -1).includes('*'))
    complain('may have a * at its end only, such as openai:gpt-*')
  return pattern.normalize('NFC')
}

function readModel(name: string, complain: (message: string) => void): string {
  try {
    const { prefix, model } = parseModelName(name)
    return prefix === undefined ? model : `${prefix}:${model}`
  } catch (thrown) {
    if (!(thrown instanceof GatewayError)) throw thrown
    complain(thrown.message.replace(/^`model` |\.$/g, ''))
    return ''
  }
}

/** Rounded down to whole ticks: no call that costs more may pass. */
function maxCostOf(text: string | undefined, complain: WishComplaint): Ticks | null {
  if (text === undefined) return null
  if (/^\d{1,30}(?:\.\d{1,30})?$/.test(text)) return -parseUsd(`-${text}`)
  complain(['maxCost'], 'must be a decimal number of US dollars, 0 or more')
  return null
}

function timeoutOf(ms: number | undefined, complain: WishComplaint): number | undefined {
  if (ms === undefined) return undefined
  const fits = Number.isSafeInteger(ms) && ms >= 1 && ms <= longestTimeoutMs
  if (!fits) complain(['timeoutMs'], `must be a whole number from 1 to ${longestTimeoutMs}`)
  return fits ? ms : undefined
}
