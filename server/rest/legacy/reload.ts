import type { Viewer } from '#domain/access.ts'
import { writeJson } from '#http/answer.ts'
import type { RequestHandler } from '#http/request-context.ts'
import { type LoadedProviders, sortedNames } from './loaded-provider.ts'

/**
 * Reads the configuration file again and puts it in force; the list of models is fetched anew.
 *
 * @throws {GatewayError} CONFIG_INVALID with what is wrong and where; the old configuration stays in force.
 */
export type Reload = (viewer: Viewer) => Promise<unknown>

/** `POST /admin/reload`. The body is not looked at. */
export function reload(reloadConfig: Reload, providers: LoadedProviders): RequestHandler {
  return async (_request, response, { viewer }) => {
    await reloadConfig(viewer)
    writeJson(response, { ok: true, providers_loaded: sortedNames(providers()) })
  }
}
