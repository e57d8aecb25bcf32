import { holds } from '#domain/access.ts'
import { GatewayError } from '#domain/errors.ts'
import { allowsModel } from '#domain/model-pattern.ts'
import type { Answer, Call, Target } from '../call.ts'
import type { Step } from '../pipeline.ts'
import type { Rights, Routes } from '../ports.ts'

/**
 * Finds out where the call can be served, and refuses what its viewer may not do: the one place, on every surface, where
 * the scope `complete` and the allowed models of a key count.
 */
export const authorise =
  ({ routes, rights }: { routes: Routes; rights?: Rights | undefined }): Step<Call, Answer> =>
  (next) =>
    function authorised(call) {
      const { request, viewer } = call
      if (!holds(viewer, 'complete')) {
        throw new GatewayError('FORBIDDEN', 'This needs the scope complete.', {
          missingScopes: ['complete'],
        })
      }
      if (rights?.upholds(viewer) === false) {
        throw new GatewayError('FORBIDDEN', 'Your API key has lost its rights meanwhile.')
      }
      call.targets = allowed(routes.targets(request, viewer), call)
      return next(call)
    }

/** The targets that the viewer may use: all where the name that was asked for is allowed itself. */
function allowed(targets: readonly Target[], { request, viewer }: Call): readonly Target[] {
  const { allowedModels } = viewer
  if (allowsModel(allowedModels, request.model)) return targets
  const some = targets.filter(({ adapter, model }) =>
    allowsModel(allowedModels, `${adapter.config.name}:${model}`),
  )
  if (some.length > 0) return some
  throw new GatewayError('FORBIDDEN', `Your API key may not use the model ${request.model}.`, {
    model: request.model,
    missingScopes: [],
  })
}
