/** How a simulated model behaves. Durations are milliseconds. */
export interface SimulatedModel {
  readonly id: string
  /** Before its first word, at the least and at the most. */
  readonly firstTokenMs: readonly [number, number]
  readonly wordMs: number
  /** How many sentences it says, at the least and at the most. */
  readonly sentences: readonly [number, number]
  /** Thinks aloud before it answers. */
  readonly reasons: boolean
  /** Calls a function where the request has some. */
  readonly callsTools: boolean
  readonly fate: Fate
}

/** What becomes of an answer. `flaky` is decided anew for each call. */
export type Fate =
  | 'whole'
  | 'flaky'
  | 'silent'
  | 'stall'
  | 'cut'
  | 'embedding'
  | 'echo'
  | RefusalStatus

export type RefusalStatus = 400 | 401 | 402 | 404 | 429 | 500 | 503

const ordinary = {
  firstTokenMs: [60, 220],
  wordMs: 14,
  sentences: [3, 6],
  reasons: false,
  callsTools: false,
  fate: 'whole',
} as const satisfies Omit<SimulatedModel, 'id'>

const refusing = (status: RefusalStatus): SimulatedModel => ({
  ...ordinary,
  id: `error-${status}`,
  fate: status,
})

/** All models of the simulator, the pleasant ones first. */
export const simulatedModels: readonly SimulatedModel[] = [
  { ...ordinary, id: 'fast' },
  {
    ...ordinary,
    id: 'smart',
    firstTokenMs: [500, 1200],
    wordMs: 32,
    sentences: [5, 9],
    reasons: true,
  },
  { ...ordinary, id: 'tools', callsTools: true },
  { ...ordinary, id: 'echo', firstTokenMs: [10, 30], wordMs: 4, fate: 'echo' },
  { ...ordinary, id: 'embedding', firstTokenMs: [20, 60], fate: 'embedding' },
  { ...ordinary, id: 'flaky', fate: 'flaky' },
  { ...ordinary, id: 'cut', fate: 'cut' },
  { ...ordinary, id: 'stall', fate: 'stall' },
  { ...ordinary, id: 'timeout', fate: 'silent' },
  ...([400, 401, 402, 404, 429, 500, 503] as const).map(refusing),
]

/** One call in so many fails, of those to `flaky`. */
const flakyOneIn = 4
const mishaps: readonly Fate[] = [500, 503, 429, 'cut']

/** Decides what becomes of a call. */
export function fateOf({ fate }: SimulatedModel, random: () => number): Exclude<Fate, 'flaky'> {
  if (fate !== 'flaky') return fate
  if (random() >= 1 / flakyOneIn) return 'whole'
  const mishap = mishaps[Math.floor(random() * mishaps.length)]
  return mishap === undefined || mishap === 'flaky' ? 500 : mishap
}
