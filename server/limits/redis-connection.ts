import { Redis } from 'ioredis'

/** As much of the log as is written to. */
export interface ConnectionLog {
  info(fields: object, message: string): void
  warn(fields: object, message: string): void
}

/** The way to Redis or Valkey. It comes and goes; nobody waits for it. */
export interface RedisConnection {
  readonly client: Redis
  /** Is told whether a command was answered, or this process had to stand in for it. */
  used(outcome: { insured: boolean }): void
  close(): void
}

/** A server that stalls is left after so long. */
const stallMs = 500
const connectMs = 2000
const longestPauseMs = 2000

/**
 * Connects in the background, again and again. One warning says that it is away, and one line that it is back. No
 * message holds the address or the password.
 *
 * @param url `redis://` or, for TLS, `rediss://`.
 */
export function connectRedis(url: string, log: ConnectionLog): RedisConnection {
  const client = new Redis(url, {
    connectionName: 'ai-orchestrator',
    connectTimeout: connectMs,
    socketTimeout: stallMs,
    enableOfflineQueue: false,
    maxRetriesPerRequest: 0,
    autoResendUnfulfilledCommands: false,
    retryStrategy: (times) => Math.min(50 * 2 ** Math.min(times, 10), longestPauseMs),
  })
  let isAway = false
  let isClosed = false
  let reason = 'the connection ended'

  const away = (why: string) => {
    if (isAway || isClosed) return
    isAway = true
    log.warn(
      { reason: why },
      'Redis is away: until it is back, each replica counts rate limits for itself',
    )
  }
  const back = () => {
    reason = 'the connection ended'
    if (!isAway) return
    isAway = false
    log.info({}, 'Redis is back: the replicas count rate limits together again')
  }

  client.on('error', (error: Error) => {
    reason = reasonOf(error)
  })
  client.on('close', () => away(reason))
  client.on('ready', back)

  return {
    client,
    used({ insured }) {
      if (!insured) back()
      else if (client.status === 'ready') away('it refuses commands')
    },
    close() {
      isClosed = true
      client.disconnect()
    },
  }
}

/** Never the message itself: it may hold the address, and a refused AUTH its password. */
function reasonOf(error: Error): string {
  if ('code' in error && typeof error.code === 'string') return error.code
  if (error.message.startsWith('Socket timeout')) return 'it does not answer'
  return /^[A-Z]{3,}\b/.exec(error.message)?.[0] ?? error.name
}
