import type { IncomingMessage } from 'node:http'
import { BlockList, isIP } from 'node:net'
import { unmapped } from './host-check.ts'

/** Whether an address is that of a proxy whose headers are believed. */
export type ProxyCheck = (address: string) => boolean

/** @param trusted Addresses and CIDR ranges, IPv4 and IPv6. */
export function createProxyCheck(trusted: readonly string[]): ProxyCheck {
  if (trusted.length === 0) return () => false
  const proxies = new BlockList()
  for (const range of trusted) {
    const [address = '', prefix] = range.split('/')
    const family = isIP(address) === 4 ? 'ipv4' : 'ipv6'
    if (prefix === undefined) proxies.addAddress(address, family)
    else proxies.addSubnet(address, Number(prefix), family)
  }
  return (address) => proxies.check(address, isIP(address) === 4 ? 'ipv4' : 'ipv6')
}

/** Whether the client speaks https, to a proxy that is trusted to say so. */
export function cameByHttps({ headers, socket }: IncomingMessage, isProxy: ProxyCheck): boolean {
  const { remoteAddress } = socket
  if (remoteAddress === undefined || !isProxy(unmapped(remoteAddress))) return false
  const scheme = headers['x-forwarded-proto']
  return typeof scheme === 'string' && scheme.split(',').at(0)?.trim().toLowerCase() === 'https'
}
