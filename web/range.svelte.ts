import type { TimeRangeInput } from '#web/graphql/documents.ts'
import { router } from './router.svelte.ts'

export interface RangePreset {
  /** Grafana's syntax. */
  readonly from: string
  readonly label: string
  /** What it says on a narrow button. */
  readonly short: string
}

export const presets: readonly RangePreset[] = [
  { from: 'now-15m', label: 'Last 15 minutes', short: '15m' },
  { from: 'now-1h', label: 'Last hour', short: '1h' },
  { from: 'now-6h', label: 'Last 6 hours', short: '6h' },
  { from: 'now-24h', label: 'Last 24 hours', short: '24h' },
  { from: 'now-7d', label: 'Last 7 days', short: '7d' },
  { from: 'now-30d', label: 'Last 30 days', short: '30d' },
  { from: 'now/d', label: 'Today', short: 'Today' },
]

const standard = 'now-1h'
const isRelative = (text: string) => text.startsWith('now')

/** The time range and zone that the whole page obeys, as the address says. */
class Range {
  readonly from = $derived(router.param('from') ?? standard)
  readonly to = $derived(router.param('to') ?? 'now')
  readonly zone = $derived(router.param('tz') ?? this.localZone)

  /** As the schema wants it. */
  readonly input = $derived<TimeRangeInput>(
    isRelative(this.from)
      ? { relative: { from: this.from, to: this.to } }
      : { absolute: { from: this.from, to: this.to } },
  )

  get localZone(): string {
    return Intl.DateTimeFormat().resolvedOptions().timeZone
  }

  /** The preset that is chosen; undefined for a range of the visitor's own. */
  get preset(): RangePreset | undefined {
    return this.to === 'now' ? presets.find(({ from }) => from === this.from) : undefined
  }

  choose({ from, to = 'now' }: { from: string; to?: string }): void {
    router.change({
      from: from === standard && to === 'now' ? null : from,
      to: to === 'now' ? null : to,
      after: null,
      before: null,
    })
  }

  chooseZone(zone: string): void {
    router.change({ tz: zone === this.localZone ? null : zone })
  }
}

export const range = new Range()
