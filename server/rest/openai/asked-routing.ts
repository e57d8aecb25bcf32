import type { IncomingHttpHeaders } from 'node:http'
import type { RoutingWish } from '#domain/call-route.ts'
import { type FieldIssue, GatewayError } from '#domain/errors.ts'
import { readRoutingWish, type WrittenWish } from '#domain/routing-wish.ts'

/** Where a wish is written in REST. */
export const routingHeaders = {
  strategy: 'x-orchestrator-strategy',
  allow: 'x-orchestrator-allow',
  deny: 'x-orchestrator-deny',
  fallbacks: 'x-orchestrator-fallbacks',
  maxCost: 'x-orchestrator-max-cost',
  timeoutMs: 'x-orchestrator-timeout-ms',
} as const satisfies Record<keyof WrittenWish, string>

/**
 * What a call asks of its routing, by its headers; lists are separated by commas.
 *
 * @throws {GatewayError} INVALID_REQUEST with the name of every faulty header.
 */
export function askedRouting(headers: IncomingHttpHeaders): RoutingWish | undefined {
  const text = (field: keyof WrittenWish) => headers[routingHeaders[field]]?.toString().trim()
  const issues: FieldIssue[] = []
  const wish = readRoutingWish(
    {
      strategy: text('strategy')?.toUpperCase(),
      allow: listOf(text('allow')),
      deny: listOf(text('deny')),
      fallbacks: listOf(text('fallbacks')),
      maxCost: text('maxCost'),
      timeoutMs: numberOf(text('timeoutMs')),
    },
    ([field, ...index], message) =>
      issues.push({ path: [routingHeaders[field], ...index.map(String)], message }),
  )
  const [first] = issues
  if (!first) return wish
  const message = `The header ${first.path[0]} ${first.message}.`
  throw new GatewayError('INVALID_REQUEST', message, { issues })
}

/** A header without any name is not taken for one that is not there: a list that came out empty allows nothing. */
function listOf(text: string | undefined): readonly string[] | undefined {
  if (text === undefined) return undefined
  const names = text.split(',').filter((name) => name.trim() !== '')
  return names.length > 0 ? names : ['']
}

function numberOf(text: string | undefined): number | undefined {
  if (text === undefined) return undefined
  return /^\d{1,15}$/.test(text) ? Number(text) : Number.NaN
}
