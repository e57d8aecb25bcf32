import { isIP, SocketAddress } from 'node:net'
import { unmapped } from './host-check.ts'
import { createProxyCheck } from './trusted-proxies.ts'

/** As much of a request as says whom it comes from. */
interface Sender {
  readonly socket: { readonly remoteAddress?: string | undefined }
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>
}

/** Whom a request comes from, as rows, logs and limits have it; null when the socket is already gone. */
export type ClientIp = (request: Sender) => string | null

/**
 * Looks behind proxies that are trusted, and only behind those: X-Forwarded-For is read from its right end, where the
 * nearest proxy wrote, up to the first address that is none of them. What stands further left anybody can have sent.
 *
 * @param trusted Addresses and CIDR ranges, IPv4 and IPv6.
 */
export function createClientIp(trusted: readonly string[]): ClientIp {
  const isProxy = createProxyCheck(trusted)
  return ({ socket: { remoteAddress }, headers }) => {
    if (remoteAddress === undefined) return null
    let nearest = unmapped(remoteAddress)
    if (trusted.length === 0 || !isProxy(nearest)) return nearest
    const forwarded = headers['x-forwarded-for']
    if (typeof forwarded !== 'string') return nearest
    for (const hop of forwarded.split(',').toReversed()) {
      const address = plainAddress(hop.trim())
      if (address === undefined) return nearest
      nearest = address
      if (!isProxy(address)) return nearest
    }
    return nearest
  }
}

/** An address in its one spelling, without the port and the brackets that some proxies write. */
function plainAddress(hop: string): string | undefined {
  const bare = /^\[(.*)\](?::\d+)?$/.exec(hop)?.[1] ?? hop.replace(/^([\d.]+):\d+$/, '$1')
  const family = isIP(bare)
  if (family === 0) return undefined
  return family === 4
    ? bare
    : unmapped(new SocketAddress({ address: bare, family: 'ipv6' }).address)
}
