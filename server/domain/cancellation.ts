import type { GatewayError } from './errors.ts'

type Listener = (reason: GatewayError) => void

/** Says once that somebody no longer wants an answer. A plain value: it costs nothing until it is used. */
export class Cancellation {
  #reason: GatewayError | undefined
  /** The only one: nearly always there is no other. */
  #listener: Listener | undefined
  /** All of them in order, once there are several. */
  #listeners: Set<Listener> | undefined

  /** Why it was cancelled; undefined while it is not. */
  get reason(): GatewayError | undefined {
    return this.#reason
  }

  /** Cancels; the first reason stands, later ones are ignored. Listeners are told at once, in order. */
  cancel(reason: GatewayError): void {
    if (this.#reason) return
    this.#reason = reason
    this.#listener?.(reason)
    for (const listener of this.#listeners ?? []) listener(reason)
    this.#listener = this.#listeners = undefined
  }

  /**
   * Calls `listener` when cancelled; at once if that has happened.
   *
   * @returns Ends the interest. Call it when the work is done, so that long-lived cancellations hold no garbage.
   */
  onCancel(listener: Listener): () => void {
    if (this.#reason) {
      listener(this.#reason)
      return () => {}
    }
    if (!this.#listeners && !this.#listener) this.#listener = listener
    else {
      this.#listeners ??= new Set(this.#listener ? [this.#listener] : [])
      this.#listeners.add(listener)
      this.#listener = undefined
    }
    return () => {
      if (this.#listener === listener) this.#listener = undefined
      else this.#listeners?.delete(listener)
    }
  }
}
