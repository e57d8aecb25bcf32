/**
 * What a failed statement asks for: DATA, leave the bad rows out; BUSY, try again at once; UNAVAILABLE, the database
 * is away, stalled, full, read-only or not migrated: write elsewhere and come back.
 */
export type DatabaseFailure = 'DATA' | 'BUSY' | 'UNAVAILABLE'

/** SQLSTATE classes of PostgreSQL, appendix A, that are about the server and not about what it was sent. */
const unavailable = ['08', '25', '28', '3D', '42', '53', '57', '58']

/** Tells what went wrong from an error of `pg`. Errors without an SQLSTATE come from the connection. */
export function databaseFailure(error: unknown): DatabaseFailure {
  const state = sqlState(error)
  if (state === undefined) return 'UNAVAILABLE'
  if (state.startsWith('40') || state === '55P03') return 'BUSY'
  return unavailable.includes(state.slice(0, 2)) ? 'UNAVAILABLE' : 'DATA'
}

function sqlState(error: unknown): string | undefined {
  const code =
    typeof error === 'object' && error !== null && 'code' in error ? error.code : undefined
  return typeof code === 'string' && /^[0-9A-Z]{5}$/.test(code) && 'severity' in (error as object)
    ? code
    : undefined
}
