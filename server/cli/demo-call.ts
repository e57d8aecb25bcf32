/** How a call of the demo reaches the server. */
export type DemoDoor = 'REST' | 'REST_STREAM' | 'GRAPHQL' | 'GRAPHQL_STREAM' | 'EMBEDDINGS'

/** One call of the demo, as it is going to be made. */
export interface DemoCall {
  readonly door: DemoDoor
  /** Always `simulator:`. */
  readonly model: string
  readonly prompt: string
  readonly endUser: string
  readonly tag: string
  readonly maxTokens: number | undefined
  readonly withTool: boolean
  /** The caller hangs up after so many milliseconds; undefined stays to the end. */
  readonly hangUpAfterMs: number | undefined
}

const prompts = [
  'Summarise our incident review in three sentences',
  'Draft a polite reminder for an overdue invoice',
  'Which database index would help this query?',
  'Translate the release notes into plain English',
  'Explain exponential backoff to a new colleague',
  'What changed in the pricing of cached tokens?',
  'Write a haiku about observability',
  'Classify this ticket by urgency',
  'Give me a checklist for a production launch',
  'Compare two approaches to rate limiting',
] as const

const endUsers = ['ann', 'bora', 'chen', 'dima', 'eva', 'farid', 'grace'] as const
const tags = ['support-bot', 'search', 'nightly-report', 'editor'] as const

/** Weights of models: mostly pleasant ones, a few that fail. */
const weights: Readonly<Record<string, number>> = {
  'simulator:fast': 40,
  'simulator:smart': 22,
  'simulator:tools': 12,
  'simulator:flaky': 12,
  'simulator:embedding': 8,
  'simulator:cut': 2,
  'simulator:error-429': 2,
  'simulator:error-500': 2,
}

/** The demo spends nobody's money: it calls simulated models only. */
export const isSimulated = (model: string): boolean => /^simulator:[a-z0-9-]+$/.test(model)

/**
 * Makes up the next call.
 *
 * @param models What to choose from; all of the demo's own when undefined.
 * @param random Numbers from 0 up to 1.
 */
export function nextCall({
  models,
  random,
}: {
  models?: readonly string[] | undefined
  random: () => number
}): DemoCall {
  const pick = <Value>(values: readonly [Value, ...Value[]]) =>
    values[Math.floor(random() * values.length)] ?? values[0]
  const model = pickModel(models ?? Object.keys(weights), random)
  const door = model.endsWith(':embedding')
    ? 'EMBEDDINGS'
    : pick(['REST', 'REST_STREAM', 'REST_STREAM', 'GRAPHQL', 'GRAPHQL_STREAM'] as const)
  const hangsUp = random() < 0.08
  return {
    door,
    model,
    prompt: pick(prompts),
    endUser: pick(endUsers),
    tag: pick(tags),
    maxTokens: random() < 0.2 ? 12 + Math.floor(random() * 30) : undefined,
    withTool: model.endsWith(':tools'),
    hangUpAfterMs: hangsUp ? 200 + Math.floor(random() * 1500) : undefined,
  }
}

function pickModel(models: readonly string[], random: () => number): string {
  const total = models.reduce((sum, model) => sum + (weights[model] ?? 1), 0)
  let left = random() * total
  for (const model of models) {
    left -= weights[model] ?? 1
    if (left < 0) return model
  }
  return models.at(-1) ?? 'simulator:fast'
}
