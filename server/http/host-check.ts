import { isIPv4 } from 'node:net'

export type HostVerdict = 'ALLOWED' | 'FOREIGN' | 'MALFORMED'

/**
 * Judges the Host header of a request.
 *
 * @param header As sent; undefined when there is none.
 * @param localAddress Where the connection arrived; it counts as configured when the server is bound to all addresses.
 */
export type HostCheck = (
  header: string | undefined,
  localAddress: string | undefined,
) => HostVerdict

/** Names under which a container reaches the machine it runs on; no public name server answers for them. */
const machineNames = ['host.docker.internal', 'gateway.docker.internal', 'host.containers.internal']

const wildcards = new Set(['', '0.0.0.0', '::', '[::]', '*'])

/**
 * Refuses hosts that are not ours, so that no foreign page can reach the server through a name of its own that it
 * points at this machine (DNS rebinding).
 *
 * @param boundTo HOST: the address or name that the server is bound to.
 * @param allowed ORCHESTRATOR_ALLOWED_HOSTS: names or addresses without port, `*.example.com` for all names below
 *   one, `*` for all.
 */
export function createHostCheck(boundTo: string, allowed: readonly string[]): HostCheck {
  const names = new Set([...machineNames, boundTo, ...allowed].map((name) => plain(name)))
  const suffixes = allowed
    .filter((name) => name.startsWith('*.'))
    .map((name) => plain(name.slice(1)))
  const everything = allowed.includes('*')
  const boundToAll = wildcards.has(boundTo)
  const seen = new Map<string, HostVerdict>()

  const judge = (header: string): HostVerdict => {
    const name = hostName(header)
    if (name === undefined) return 'MALFORMED'
    const ours =
      everything ||
      isLoopback(name) ||
      names.has(name) ||
      suffixes.some((suffix) => name.endsWith(suffix))
    return ours ? 'ALLOWED' : 'FOREIGN'
  }

  return (header, localAddress) => {
    if (header === undefined) return 'MALFORMED'
    let verdict = seen.get(header)
    if (!verdict) {
      verdict = judge(header)
      if (seen.size >= 1000) seen.clear()
      seen.set(header, verdict)
    }
    if (verdict !== 'FOREIGN' || !boundToAll || localAddress === undefined) return verdict
    return hostName(header) === plain(unmapped(localAddress)) ? 'ALLOWED' : verdict
  }
}

/** The name or address in a Host header, in lower case, without port, brackets or a final dot; undefined for nonsense. */
export function hostName(header: string): string | undefined {
  const match = /^(\[[\da-f:.]+\]|[\w.-]+)(?::\d{1,5})?$/i.exec(header)
  return match?.[1] === undefined ? undefined : plain(match[1])
}

/** Whether a name or address always means this machine. */
function isLoopback(name: string): boolean {
  if (name === 'localhost' || name.endsWith('.localhost') || name === '::1') return true
  return isIPv4(name) && name.startsWith('127.')
}

/** An address without the prefix that dual-stack sockets put before IPv4. */
export function unmapped(address: string): string {
  return address.startsWith('::ffff:') ? address.slice(7) : address
}

function plain(name: string): string {
  return name
    .trim()
    .toLowerCase()
    .replace(/^\[(.*)\]$/, '$1')
    .replace(/\.$/, '')
}
