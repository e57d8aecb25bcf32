import { holds, type Viewer } from './access.ts'
import type { Priority } from './request-record.ts'

const ascending: readonly Priority[] = ['LOW', 'NORMAL', 'HIGH', 'CRITICAL']

/** The lower of two. */
export function lowerPriority(one: Priority, other: Priority): Priority {
  return ascending.indexOf(one) <= ascending.indexOf(other) ? one : other
}

/**
 * The priority of a call: its viewer's, unless it asks for another. NORMAL asks for nothing: it is what a request has
 * that says nothing. Only administrators may ask for more than their own.
 */
export function callPriority(viewer: Viewer, asked: Priority): Priority {
  if (asked === 'NORMAL') return viewer.priority
  return holds(viewer, 'admin') ? asked : lowerPriority(asked, viewer.priority)
}
