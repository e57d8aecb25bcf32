import type { Answer, Call } from '../call.ts'
import type { Step } from '../pipeline.ts'
import type { Routes } from '../ports.ts'

/** Finds out where the call can be served, and refuses what nobody serves. */
export const route =
  (routes: Routes): Step<Call, Answer> =>
  (next) =>
    function routed(call) {
      call.targets = routes.targets(call.request, call.viewer)
      return next(call)
    }
