import type { Viewer } from '#domain/access.ts'
import type { ConfigWarning } from '#domain/config.ts'
import { writeJson } from '#http/answer.ts'
import type { RequestHandler } from '#http/request-context.ts'
import { type LoadedProviders, sortedNames } from './loaded-provider.ts'

/**
 * Reads the configuration file again and puts it in force; the list of models is fetched anew.
 *
 * @throws {GatewayError} CONFIG_INVALID with what is wrong and where; the old configuration stays in force.
 */
export type Reload = (viewer: Viewer) => Promise<unknown>

export interface ReloadOptions {
  readonly reload: Reload
  readonly providers: LoadedProviders
  /** What was skipped or looks wrong in the configuration in force. */
  readonly warnings: () => readonly ConfigWarning[]
}

/** `POST /admin/reload`. The body is not looked at. What was skipped is told where something was. */
export function reload({
  providers,
  reload: reloadConfig,
  warnings,
}: ReloadOptions): RequestHandler {
  return async (_request, response, { viewer }) => {
    await reloadConfig(viewer)
    const told = warnings()
    writeJson(response, {
      ok: true,
      providers_loaded: sortedNames(providers()),
      ...(told.length > 0 && { warnings: told }),
    })
  }
}
