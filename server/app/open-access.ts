import type { Viewer } from '#domain/access.ts'
import { type Authenticator, createAuthenticator } from '#auth/authenticator.ts'
import { createKeyBook } from '#auth/key-book.ts'
import { createKeySecrets } from '#auth/key-secrets.ts'
import { isLoopback, openBindingProblem } from '#auth/open-binding.ts'
import { createSessions, type Sessions } from '#auth/session.ts'
import { openPostgresBus, type PostgresBus } from '#events/postgres-bus.ts'
import type { Rights } from '#gateway/ports.ts'
import { systemClock as clock } from '#jobs/system-clock.ts'
import type { KeySecrets } from '#store/api-keys.ts'
import { bootstrapKeyId } from '#store/bootstrap-key.ts'
import { openInstallationSecret } from '#store/installation-secret.ts'
import { openKeyRows } from '#store/key-rows.ts'
import type { Log } from '#telemetry/logger.ts'
import type { Env } from '#server/env.ts'

export interface Access {
  readonly auth: Authenticator
  readonly sessions: Sessions
  readonly rights: Rights
  /** How keys are made. */
  readonly secrets: KeySecrets
  /** What replicas tell each other. */
  readonly bus: PostgresBus
  /** Calls back when viewers may have lost rights: whatever runs for those has to end. */
  onCut(cut: Cut): void
  close(): Promise<void>
}

type Cut = (isCut: (viewer: Viewer) => boolean) => void

/**
 * Opens what lets people in.
 *
 * @throws {Error} When everybody could come in from elsewhere, or keys are stored under another secret.
 */
export async function openAccess(
  env: Env,
  { databaseUrl, log }: { databaseUrl: string; log: Log },
): Promise<Access> {
  const { HOST: host, ROUTER_AUTH_TOKEN: token } = env
  const rows = openKeyRows(databaseUrl)
  const hasAdministrator = await rows.hasAdministrator()
  const unsafe = openBindingProblem(host, { token, hasAdministrator })
  if (unsafe !== undefined) throw new Error(unsafe)
  const secret = await openInstallationSecret({
    given: env.ORCHESTRATOR_SECRET,
    folder: env.ORCHESTRATOR_DATA_DIR,
    databaseUrl,
  })
  const { issue, hashOf } = createKeySecrets(secret.keyFor('api-key'))
  const sessions = createSessions(secret.keyFor('session'), () => clock.epochMs())
  const cutters: Cut[] = []
  const bus = openPostgresBus({ databaseUrl, clock, log })
  const book = createKeyBook({
    rows,
    changes: bus,
    clock,
    log,
    cut: (isCut) => {
      for (const cut of cutters) cut(isCut)
    },
  })
  const open = token === undefined && isLoopback(host)
  return {
    auth: createAuthenticator({
      token,
      open,
      bootstrapKeyId,
      keys: { book, hashOf, sessions },
    }),
    sessions,
    rights: book,
    secrets: { issue, hashOf, fingerprint: secret.fingerprint },
    bus,
    onCut: (cut) => void cutters.push(cut),
    async close() {
      await book.close()
      await Promise.all([bus.close(), rows.close()])
    },
  }
}
