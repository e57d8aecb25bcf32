import {
  breakageOf,
  type CallNeeds,
  type Exclusion,
  prohibitionOf,
  type TargetFacts,
  unfitnessOf,
} from './target-exclusion.ts'

/** A target of a route with the verdict on it. */
export interface JudgedTarget<Target> {
  readonly target: Target
  /** Undefined: it may be asked. */
  readonly exclusion: Exclusion | undefined
  /** It may be asked although it would probably fail: all others are out. Its circuit has to be told. */
  readonly isLastResort: boolean
}

interface Findings<Target> {
  readonly target: Target
  readonly prohibition: Exclusion | undefined
  readonly unfitness: Exclusion | undefined
  readonly breakage: Exclusion | undefined
}

/**
 * Says which targets of a route may be asked, and of each other one why not; the order stays.
 *
 * Of a route with several targets the last one is never left out for being broken: where all are, the one whose circuit
 * lets a call through soonest is asked. A lone target fails fast. What is only believed of models (capabilities,
 * windows) chooses between them, but refuses no call: where nothing else is left, the provider has the last word.
 * What is forbidden, too dear, disabled by hand or at rest stays out, whatever else is left.
 */
export function judgeTargets<Target extends TargetFacts>(
  targets: readonly Target[],
  needs: CallNeeds,
): readonly JudgedTarget<Target>[] {
  const found = targets.map((target) => ({
    target,
    prohibition: prohibitionOf(target, needs),
    unfitness: unfitnessOf(target, needs),
    breakage: breakageOf(target),
  }))
  const { chosen, isLastResort } = choice(found)
  return found.map((each) =>
    chosen.includes(each)
      ? { target: each.target, exclusion: undefined, isLastResort }
      : {
          target: each.target,
          exclusion: each.prohibition ?? each.unfitness ?? each.breakage,
          isLastResort: false,
        },
  )
}

interface Choice<Target> {
  readonly chosen: readonly Findings<Target>[]
  readonly isLastResort: boolean
}

function choice<Target extends TargetFacts>(all: readonly Findings<Target>[]): Choice<Target> {
  const permitted = all.filter(({ prohibition }) => !prohibition)
  const fit = permitted.filter(({ unfitness }) => !unfitness)
  const working = permitted.filter(({ breakage }) => !breakage)
  const best = fit.filter(({ breakage }) => !breakage)
  const hasOthers = all.length > 1
  if (best.length > 0) return { chosen: best, isLastResort: false }
  if (hasOthers && fit.length > 0) return { chosen: soonest(fit), isLastResort: true }
  if (working.length > 0) return { chosen: working, isLastResort: false }
  return hasOthers
    ? { chosen: soonest(permitted), isLastResort: true }
    : { chosen: [], isLastResort: false }
}

/** The one that is likeliest to be back; none of none. */
function soonest<Target extends TargetFacts>(
  broken: readonly Findings<Target>[],
): readonly Findings<Target>[] {
  const waitMs = ({ target }: Findings<Target>) => target.circuitMs ?? 0
  return broken.toSorted((one, other) => waitMs(one) - waitMs(other)).slice(0, 1)
}
