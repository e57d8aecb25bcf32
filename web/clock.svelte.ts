import { createSubscriber } from 'svelte/reactivity'

/** The time as state, and whether anybody looks. What moves on the page stops while the page is hidden. */
class Clock {
  #seen = $state(document.visibilityState === 'visible')
  readonly #tick = createSubscriber((update) => {
    const timer = setInterval(() => {
      if (document.visibilityState === 'visible') update()
    }, 1000)
    return () => clearInterval(timer)
  })

  constructor() {
    document.addEventListener('visibilitychange', () => {
      this.#seen = document.visibilityState === 'visible'
    })
  }

  /** Epoch milliseconds, once a second. */
  get now(): number {
    this.#tick()
    return Date.now()
  }

  get seen(): boolean {
    return this.#seen
  }
}

export const clock = new Clock()
