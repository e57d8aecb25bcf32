import { failureOfAll } from '#domain/failed-targets.ts'
import type { Attempts } from '../attempts.ts'
import type { Answer, Call } from '../call.ts'
import type { Step } from '../pipeline.ts'
import { skipTarget } from '../skipped-target.ts'
import type { TargetChoice } from '../target-choice.ts'

/** Puts the targets of the call's route in the order in which they are asked; refuses at once where none can be. */
export const chooseTargets =
  ({ choice, attempts }: { choice: TargetChoice; attempts: Attempts }): Step<Call, Answer> =>
  (next) =>
    function chosen(call) {
      call.plan = choice.choose(call)
      call.targets = call.plan.flatMap(({ target, exclusion }) => (exclusion ? [] : target))
      if (call.targets.length > 0) return next(call)
      const skipped = call.plan.flatMap((judged) => skipTarget(call, judged, attempts) ?? [])
      throw failureOfAll(call.request.model, skipped)
    }
