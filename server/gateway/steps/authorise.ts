import type { Answer, Call } from '../call.ts'
import { permittedRoute } from '../permitted-route.ts'
import type { Step } from '../pipeline.ts'
import type { Rights, Routes, RoutingPolicy } from '../ports.ts'
import { lackOfRight } from '../right-to-complete.ts'

interface Authority {
  readonly routes: Routes
  readonly rights?: Rights | undefined
  readonly routingPolicy?: RoutingPolicy | undefined
}

/**
 * Finds out where the call can be served, and refuses what its viewer may not do: the one place, on every surface, where
 * the scope `complete` and the allowed models of a key count.
 */
export const authorise =
  (ports: Authority): Step<Call, Answer> =>
  (next) =>
    function authorised(call) {
      const lack = lackOfRight(call.viewer, ports.rights)
      if (lack) throw lack
      call.route = permittedRoute(call, ports)
      return next(call)
    }
