import { router } from './router.svelte.ts'

/** Whether the page moves by itself. Off, everything stands still to be read; the connection stays. */
class LiveSwitch {
  readonly on = $derived(router.param('live') !== '0')

  toggle(): void {
    router.change({ live: this.on ? '0' : null }, { replace: true })
  }
}

export const liveSwitch = new LiveSwitch()
