/** An instant in the zone of this machine, to the second, with its offset: `2026-11-23 08:41:08 GMT+1`. */
export function localTime(instant: string | null): string | null {
  if (instant === null) return null
  const parts = new Intl.DateTimeFormat('sv-SE', {
    dateStyle: 'short',
    timeStyle: 'medium',
  }).format(new Date(instant))
  const zone = new Intl.DateTimeFormat('en', { timeZoneName: 'shortOffset' })
    .formatToParts(new Date(instant))
    .find(({ type }) => type === 'timeZoneName')
  return `${parts} ${zone?.value ?? 'UTC'}`
}
