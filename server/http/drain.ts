import type { Server } from 'node:http'
import type { Socket } from 'node:net'

/** How often a draining server looks for connections that have become idle, in milliseconds. */
const sweepMs = 50

/**
 * Watches a server's connections from its start, so that it can be let end: no new connections, running answers
 * finish, idle connections close, and what still runs after the grace period is cut, WebSockets included.
 *
 * @returns Ends the server within `graceMs`, and says whether everything ended by itself.
 */
export function createDrain(server: Server): (graceMs: number) => Promise<boolean> {
  const sockets = new Set<Socket>()
  server.on('connection', (socket: Socket) => {
    sockets.add(socket)
    socket.on('close', () => sockets.delete(socket))
  })
  return (graceMs) =>
    new Promise((resolve) => {
      let cut = false
      const sweep = setInterval(() => server.closeIdleConnections(), sweepMs)
      const deadline = setTimeout(() => {
        cut = true
        for (const socket of sockets) socket.destroy()
      }, graceMs)
      server.close(() => {
        clearInterval(sweep)
        clearTimeout(deadline)
        resolve(!cut)
      })
    })
}
