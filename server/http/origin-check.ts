import type { IncomingHttpHeaders } from 'node:http'
import { hostName } from './host-check.ts'

/**
 * Whether a page of this very server made the browser send this, port included: what changes something by the session
 * that the browser adds by itself must come from there. Browsers that know it say so, and no page can say it for them.
 */
export function isOwnPage({ origin, host, 'sec-fetch-site': site }: IncomingHttpHeaders): boolean {
  if (origin === undefined || host === undefined) return false
  if (site !== undefined) return site === 'same-origin'
  const match = /^https?:\/\/([^/]+)$/i.exec(origin)
  return match?.[1]?.toLowerCase() === host.toLowerCase()
}

/**
 * Whether a page of a foreign site made the browser send this. It matters where no token guards the server: a browser
 * sends simple posts anywhere without asking. Programs send no Origin; extensions have origins of their own kind.
 *
 * @param isOurs Whether a host (with port) is one that the server answers to.
 */
export function isForeignPage(
  headers: IncomingHttpHeaders,
  isOurs: (host: string) => boolean,
): boolean {
  const { origin } = headers
  if (origin === undefined) return headers['sec-fetch-site'] === 'cross-site'
  if (origin === 'null') return true
  const match = /^https?:\/\/([^/]*)$/i.exec(origin)
  const host = match?.[1]
  if (host === undefined) return /^https?:/i.test(origin)
  return hostName(host) !== hostName(headers.host ?? '') && !isOurs(host)
}
