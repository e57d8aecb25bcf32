/**
 * Whether everybody who reaches the port may use the server, and others than this machine's own users reach it: such a
 * server must not start.
 *
 * @param host HOST: the address or name to bind.
 * @param token ROUTER_AUTH_TOKEN.
 * @param hasAdministrator Whether an API key exists by which the installation can be managed.
 * @returns What is wrong and how it is mended; undefined when all is well.
 */
export function openBindingProblem(
  host: string,
  { token, hasAdministrator }: { token: string | undefined; hasAdministrator: boolean },
): string | undefined {
  if (token || hasAdministrator || isLoopback(host)) return undefined
  return (
    `HOST=${host} can be reached from other machines, and without a token anybody could spend your money. ` +
    'Set ROUTER_AUTH_TOKEN to a long random text, or HOST=127.0.0.1. The token may be left away later, when you have ' +
    'made an API key with the role ADMIN by it: mutation createApiKey, or the Keys page of the dashboard.'
  )
}

/** Whether only this machine's own users reach what is bound to it. */
export function isLoopback(host: string): boolean {
  return (
    host === 'localhost' || host === '::1' || host === '[::1]' || /^127(?:\.\d{1,3}){3}$/.test(host)
  )
}
