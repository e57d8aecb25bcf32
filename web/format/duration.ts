import { unknown } from './unknown.ts'

/** Milliseconds as one reads them: `0.4 ms`, `850 ms`, `1.24 s`, `2 m 05 s`. */
export function duration(ms: number | null | undefined): string {
  if (ms === null || ms === undefined) return unknown
  if (ms === 0) return '0 ms'
  if (ms < 10) return `${ms.toFixed(1)} ms`
  if (ms < 999.5) return `${Math.round(ms)} ms`
  if (ms < 9_995) return `${(ms / 1000).toFixed(2)} s`
  if (ms < 59_950) return `${(ms / 1000).toFixed(1)} s`
  const seconds = Math.round(ms / 1000)
  return `${Math.floor(seconds / 60)} m ${String(seconds % 60).padStart(2, '0')} s`
}

/** Seconds as a span that one plans with: `3 d 4 h`, `2 h 11 m`, `5 m 3 s`. */
export function uptime(totalSeconds: number | null | undefined): string {
  if (totalSeconds === null || totalSeconds === undefined) return unknown
  const seconds = Math.floor(totalSeconds)
  const parts: readonly (readonly [number, string])[] = [
    [Math.floor(seconds / 86_400), 'd'],
    [Math.floor(seconds / 3600) % 24, 'h'],
    [Math.floor(seconds / 60) % 60, 'm'],
    [seconds % 60, 's'],
  ]
  const first = parts.findIndex(([value]) => value > 0)
  if (first === -1) return '0 s'
  return parts
    .slice(first, first + 2)
    .map(([value, unit]) => `${value} ${unit}`)
    .join(' ')
}

/** Milliseconds as an axis says them: `0`, `500 ms`, `2.5 s`. */
export function axisDuration(ms: number): string {
  if (ms === 0) return '0'
  if (ms < 1) return `${Number(ms.toPrecision(1))} ms`
  return ms < 1000 ? `${Math.round(ms)} ms` : `${Number((ms / 1000).toFixed(1))} s`
}
