import type { AttemptOpening, HeldWindow } from './request-record.ts'

/** What an attempt gives back that cost nothing: its money and its tokens. As a request it counts, whoever answers it. */
export function freeable({ windows = [] }: AttemptOpening): readonly HeldWindow[] {
  return windows.filter(({ unit, held }) => held > 0n && (unit === 'TICKS' || unit === 'TOKENS'))
}

/** The attempt as it stands when that was given back. */
export function withoutHold(attempt: AttemptOpening): AttemptOpening {
  if (!attempt.windows) return attempt
  const given = new Set(freeable(attempt))
  const windows = attempt.windows.map((each) => (given.has(each) ? { ...each, held: 0n } : each))
  return { ...attempt, windows }
}
