import { routingStrategies } from '#domain/routing-wish.ts'

const attribution = [
  ['x-orchestrator-session', 'The conversation that the call belongs to.'],
  ['x-orchestrator-tags', 'What to count the call under; separated by commas.'],
  ['x-orchestrator-metadata', 'A JSON object that is stored with the call.'],
  ['traceparent', 'The trace that the call belongs to.'],
].map(([name = '', description = '']) => ({ name, in: 'header' as const, description }))

/** What a call asks of its routing. */
const routing = [
  [
    'x-orchestrator-strategy',
    `How a target is chosen where the model has several: ${routingStrategies.join(', ')}.`,
  ],
  [
    'x-orchestrator-allow',
    'The only targets that may be asked; patterns such as `openai:gpt-*`, separated by commas.',
  ],
  [
    'x-orchestrator-deny',
    'Targets that must not be asked; patterns such as `openai:gpt-*`, separated by commas.',
  ],
  [
    'x-orchestrator-fallbacks',
    'Models to be asked in this order when the model’s own targets have failed; separated by commas.',
  ],
  [
    'x-orchestrator-max-cost',
    'In US dollars, such as `0.05`. A target where the call could cost more is left out: its whole output limit counts.',
  ],
  [
    'x-orchestrator-timeout-ms',
    'From 1 to 3600000: the most that the call may take in all, waiting and other targets included.',
  ],
].map(([name = '', description = '']) => ({ name, in: 'header' as const, description }))

/** The headers of calls, as the API description tells of them. */
export const callHeaders = [
  {
    name: 'x-orchestrator-priority',
    in: 'header' as const,
    description:
      'LOW, NORMAL, HIGH or CRITICAL: who goes first where calls have to wait. Beyond its own priority a key cannot go.',
  },
  ...routing,
  {
    name: 'Idempotency-Key',
    in: 'header' as const,
    description:
      'A string of at most 255 characters. The same key with the same body is answered once for 24 hours: nothing is ' +
      'called or charged again, and the answer says `x-orchestrator-idempotent-replay: true`.',
  },
  {
    name: 'x-orchestrator-idempotency',
    in: 'header' as const,
    description: '`no-wait`: 409 while the first call under the key runs, instead of its answer.',
  },
  ...attribution,
]
