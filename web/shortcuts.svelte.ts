/** What a key does on the page that is shown. */
export type Keys = Readonly<Record<string, (event: KeyboardEvent) => void>>

const storageKey = 'shortcuts'
const sequenceMs = 1000

const isTyping = (target: EventTarget | null) =>
  target instanceof HTMLElement &&
  target.closest('input, textarea, select, [contenteditable], dialog') !== null

/** Single keys, and two in a row (`g o`). They can be turned off (WCAG 2.1.4), and never fire while one types. */
class Shortcuts {
  enabled = $state(localStorage.getItem(storageKey) !== 'off')
  #layers: Keys[] = []
  #before = ''
  #beforeAt = 0

  constructor() {
    addEventListener('keydown', (event) => this.#press(event))
  }

  /** Adds keys for as long as the component lives; the latest added win. */
  use(keys: Keys): void {
    $effect(() => {
      this.#layers = [...this.#layers, keys]
      return () => {
        this.#layers = this.#layers.filter((layer) => layer !== keys)
      }
    })
  }

  enable(on: boolean): void {
    this.enabled = on
    localStorage.setItem(storageKey, on ? 'on' : 'off')
  }

  #press(event: KeyboardEvent): void {
    if (!this.enabled || event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target))
      return
    const pair = event.timeStamp - this.#beforeAt < sequenceMs ? `${this.#before} ${event.key}` : ''
    this.#before = event.key
    this.#beforeAt = event.timeStamp
    const layer = this.#layers.findLast((keys) => pair in keys || event.key in keys)
    const action = layer?.[pair] ?? layer?.[event.key]
    if (!action) return
    event.preventDefault()
    action(event)
  }
}

export const shortcuts = new Shortcuts()
