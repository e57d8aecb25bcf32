import { crossingAlert } from '#domain/alert.ts'
import { raiseAlert } from './alerts.ts'
import type { AllowanceBook } from './allowance-book.ts'
import type { AllowanceWatcher } from './record-writer.ts'

/** Opens alerts for thresholds that are crossed, in the transaction that crosses them: once, whatever dies. */
export function alertCrossings(book: AllowanceBook): AllowanceWatcher['crossed'] {
  return (connection, windows) =>
    raiseAlert(
      connection,
      windows.flatMap(({ allowanceId, spent, crossed }) => {
        const allowance = book.find(allowanceId)
        if (!allowance || crossed === null) return []
        return crossingAlert({ ...allowance, spent }, crossed) ?? []
      }),
    )
}
