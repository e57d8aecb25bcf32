import type { GatewayError } from '#domain/errors.ts'
import { AcceptedTypes } from './accepted-types.ts'
import type { Services } from './context.ts'
import { createDoor, type Door, type DoorOptions } from './door.ts'
import { Documents } from './documents.ts'
import { presentError } from './present-errors.ts'
import { schema } from './schema.ts'
import { createWebSocketDoor, type WebSocketDoor, type WebSocketOptions } from './websocket.ts'
import { createEngine } from './yoga.ts'

type Own = 'documents' | 'yoga' | 'acceptedTypes'

export interface GraphqlOptions extends Omit<DoorOptions, Own>, Omit<WebSocketOptions, Own> {
  readonly services: Services
}

/** GraphQL, as the listener sees it. */
export interface Graphql extends WebSocketDoor {
  readonly handle: Door['handle']
  /** The body of an answer that refuses a request before GraphQL has seen it. */
  refusal(error: GatewayError, requestId: string): string
  /** Lets answers end that are carried by sockets or by nobody, and closes the sockets; resolves when all is done. */
  drain(): Promise<void>
}

/** Builds GraphQL's two doors, HTTP and WebSocket, on one schema with one memory of documents. */
export function createGraphql(options: GraphqlOptions): Graphql {
  const { log } = options
  const documents: Documents = new Documents(() => yoga.getEnveloped({}).schema)
  const acceptedTypes = new AcceptedTypes()
  const yoga = createEngine({ schema, documents, acceptedTypes, log })
  const socket = createWebSocketDoor({ ...options, documents, yoga })
  const door = createDoor({ ...options, documents, acceptedTypes, yoga })
  return {
    ...socket,
    handle: door.handle,
    revoke(isRevoked) {
      door.revoke(isRevoked)
      socket.revoke(isRevoked)
    },
    refusal: (error, requestId) =>
      JSON.stringify({ errors: [presentError(error, { requestId, log })] }),
    async drain() {
      await Promise.all([socket.drain(), whenNoneRuns(options.services)])
    },
    async dispose() {
      await socket.dispose()
      await yoga.dispose()
    },
  }
}

const drainCheckMs = 50

function whenNoneRuns({ clock, live }: Services): Promise<void> {
  return new Promise((resolve) => {
    const stop = clock.every(drainCheckMs, () => {
      if (live.running > 0) return
      stop()
      resolve()
    })
  })
}
