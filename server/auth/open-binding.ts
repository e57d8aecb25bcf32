/**
 * Whether everybody who reaches the port may use the server, and others than this machine's own users reach it: such a
 * server must not start.
 *
 * @param host HOST: the address or name to bind.
 * @param token ROUTER_AUTH_TOKEN.
 * @returns What is wrong and how it is mended; undefined when all is well.
 */
export function openBindingProblem(host: string, token: string | undefined): string | undefined {
  if (token?.trim() || isLoopback(host)) return undefined
  return (
    `HOST=${host} can be reached from other machines, and without a token anybody could spend your money. ` +
    'Set ROUTER_AUTH_TOKEN to a long random text, or HOST=127.0.0.1.'
  )
}

function isLoopback(host: string): boolean {
  return (
    host === 'localhost' || host === '::1' || host === '[::1]' || /^127(?:\.\d{1,3}){3}$/.test(host)
  )
}
