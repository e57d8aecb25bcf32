import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { once } from 'node:events'
import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'

/** How far it writes ahead of what is read from it. */
const aheadBytes = 300_000

/** Lets everything else go on for so many turns of the event loop. */
export const turns = async (count: number): Promise<void> => {
  for (let turn = 0; turn < count; turn++) await new Promise(setImmediate)
}

/** The nth piece of the text. */
export const pieceOf = (index: number): string => `${index} `.padEnd(8000, 'x')

/** How a provider without end stands. */
export interface EndlessState {
  /** How many it has written. */
  pieces: number
  written: number
  /** Whether it is to come to its end. */
  ended: boolean
  /** Whether the gateway has hung up, or the answer is over. */
  gone: boolean
  /** The gateway's end of the connection. */
  socket: Socket | undefined
}

/** A provider that writes for as long as it is read. */
export async function endlessProvider(): Promise<{
  readonly state: EndlessState
  readonly baseUrl: string
  close(): void
}> {
  const state: EndlessState = {
    pieces: 0,
    written: 0,
    ended: false,
    gone: false,
    socket: undefined,
  }
  const connected = (message: unknown) => {
    state.socket = (message as { socket: Socket }).socket
  }
  subscribe('undici:client:connected', connected)
  const answer = async (response: ServerResponse) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' })
    response.on('close', () => (state.gone = true))
    const write = (choice: object) => {
      const frame = `data: ${JSON.stringify({ choices: [{ index: 0, ...choice }] })}\n\n`
      state.written += frame.length
      response.write(frame)
    }
    while (!state.ended && !state.gone) {
      if (state.written - (state.socket?.bytesRead ?? 0) < aheadBytes)
        write({ delta: { content: pieceOf(state.pieces++) }, finish_reason: null })
      else await turns(1)
    }
    write({ delta: {}, finish_reason: 'stop' })
    response.end('data: [DONE]\n\n')
  }
  const server = createServer((request, response) => {
    request.resume().on('end', () => void answer(response))
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    state,
    baseUrl: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`,
    close() {
      unsubscribe('undici:client:connected', connected)
      server.closeAllConnections()
      server.close()
    },
  }
}
