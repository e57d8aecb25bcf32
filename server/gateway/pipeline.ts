/** Does one thing with a call and answers it. */
export type Handler<Input, Output> = (input: Input) => Promise<Output>

/** Wraps a handler with one concern. */
export type Step<Input, Output> = (next: Handler<Input, Output>) => Handler<Input, Output>

/** Puts steps around a handler, the first one outermost. */
export function pipeline<Input, Output>(
  steps: readonly Step<Input, Output>[],
  innermost: Handler<Input, Output>,
): Handler<Input, Output> {
  return steps.reduceRight((next, step) => step(next), innermost)
}
