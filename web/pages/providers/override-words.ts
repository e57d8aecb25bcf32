import type { HealthOverride } from '#web/graphql/documents.ts'

/** What somebody can decide of a provider, and what comes of it. */
export interface OverrideWords {
  readonly value: HealthOverride
  readonly label: string
  readonly title: (name: string) => string
  /** What the button says that does it. */
  readonly action: string
  readonly running: string
  readonly next: (name: string) => string
}

export const overrides: readonly OverrideWords[] = [
  {
    value: 'AUTO',
    label: 'Auto',
    title: (name) => `Leave ${name} to itself?`,
    action: 'Leave it to itself',
    running: 'Calls that run are not touched.',
    next: () =>
      'New calls are sent as its measured health and its circuits allow. It is disabled and enabled by itself.',
  },
  {
    value: 'FORCE_ENABLED',
    label: 'Force enabled',
    title: (name) => `Send calls to ${name} whatever is measured?`,
    action: 'Force enabled',
    running: 'Calls that run are not touched.',
    next: (name) =>
      `New calls are sent to ${name} even while it fails: open circuits hold nothing back, and callers wait for its errors and timeouts.`,
  },
  {
    value: 'FORCE_DISABLED',
    label: 'Force disabled',
    title: (name) => `Send no more calls to ${name}?`,
    action: 'Force disabled',
    running:
      'Calls that run there come to their end. One that fails is not repeated there, but goes to the next target of its route.',
    next: (name) =>
      `New calls use the other targets of their route. A call that asks for ${name} alone is refused with 503. That lasts until somebody takes it back, over restarts and on all replicas.`,
  },
]

export function overrideWords(value: HealthOverride): OverrideWords {
  const found = overrides.find((one) => one.value === value)
  if (!found) throw new TypeError(`no override ${value}`)
  return found
}

/** So much the server takes. */
const longestReason = 500

/** Why a reason will not do; null when it will. Who disables has to say why, others may. */
export function reasonProblem(override: HealthOverride, reason: string): string | null {
  const said = reason.trim()
  if (override === 'FORCE_DISABLED' && said === '')
    return 'Say why: others will want to know, and everybody can read it.'
  return said.length > longestReason ? `At most ${longestReason} characters.` : null
}
