/** Milliseconds since the epoch at which a UUIDv7 was made. */
export function idEpochMs(id: string): number {
  return Number.parseInt(id.slice(0, 8) + id.slice(9, 13), 16)
}

/** The lowest UUID that can have been made at an instant: where its millisecond begins in the order of ids. */
export function lowestIdAt(epochMs: number): string {
  const hex = Math.min(Math.max(0, Math.floor(epochMs)), 2 ** 48 - 1)
    .toString(16)
    .padStart(12, '0')
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-0000-0000-000000000000`
}
