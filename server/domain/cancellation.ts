import type { GatewayError } from './errors.ts'

/** Says once that somebody no longer wants an answer. A plain value: it costs nothing until it is used. */
export class Cancellation {
  #reason: GatewayError | undefined
  #listeners: Set<(reason: GatewayError) => void> | undefined

  /** Why it was cancelled; undefined while it is not. */
  get reason(): GatewayError | undefined {
    return this.#reason
  }

  /** Cancels; the first reason stands, later ones are ignored. Listeners are told at once, in order. */
  cancel(reason: GatewayError): void {
    if (this.#reason) return
    this.#reason = reason
    for (const listener of this.#listeners ?? []) listener(reason)
    this.#listeners = undefined
  }

  /**
   * Calls `listener` when cancelled; at once if that has happened.
   *
   * @returns Ends the interest. Call it when the work is done, so that long-lived cancellations hold no garbage.
   */
  onCancel(listener: (reason: GatewayError) => void): () => void {
    if (this.#reason) {
      listener(this.#reason)
      return () => {}
    }
    const listeners = (this.#listeners ??= new Set())
    listeners.add(listener)
    return () => listeners.delete(listener)
  }
}
