import type { RecordRow } from './record-row.ts'

/** The same call without whatever may have kept it out of the database: money is never lost to a strange name. */
export function reducedRow(row: RecordRow): RecordRow {
  const { reserving } = row
  if (!reserving) return { ...row, call: plainRows(row.call), attempts: plainRows(row.attempts) }
  return {
    ...row,
    reserving: { ...reserving, granted: (grant) => reducedRow(reserving.granted(grant)) },
  }
}

function plainRows(rows: string): string {
  const parsed: Record<string, unknown>[] = JSON.parse(`[${rows}]`)
  return parsed.map(plainRow).join(',')
}

function plainRow(row: Record<string, unknown>): string {
  for (const name of [
    'metadata',
    'tags',
    'end_user',
    'session_id',
    'client_ip',
    'trace_id',
    'upstream_request_id',
  ]) {
    delete row[name]
  }
  if ('error_message' in row) row['error_message'] = 'The message could not be stored.'
  return JSON.stringify(row).replace(/[^\u0020-\u007e]/g, '?')
}
