import type { RoutingWish } from './call-route.ts'
import type { ModelRequest } from './chat.ts'
import { formatUsd } from './money.ts'

/** What makes requests under one idempotency key the same: equal texts for those, and for no others. */
export function requestIdentity({
  request: { operation, text },
  routing,
}: {
  readonly request: Pick<ModelRequest, 'operation' | 'text'>
  readonly routing?: RoutingWish | undefined
}): string {
  const asked = `${operation}\n${text}`
  // JSON ends where its text ends, so that no request can be written that is equal to one with a wish.
  return routing ? `${asked}\n${wishText(routing)}` : asked
}

function wishText({ strategy, allow, deny, fallbacks, maxCost, timeoutMs }: RoutingWish): string {
  const most = maxCost === null ? null : formatUsd(maxCost)
  return JSON.stringify([strategy ?? null, allow, deny, fallbacks, most, timeoutMs ?? null])
}
