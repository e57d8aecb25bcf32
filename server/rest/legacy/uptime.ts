/** Seconds since `startedAt` (monotonic milliseconds), to three decimals. */
export function uptimeSeconds(startedAt: number): number {
  return Math.round(performance.now() - startedAt) / 1000
}
