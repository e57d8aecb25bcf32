import { z } from 'zod'
import type { CallRule, RuleCondition } from '#domain/call-rule.ts'
import { closestTo } from '#domain/closest-name.ts'
import { detectorNames } from '#domain/detector.ts'
import { compilePattern, compileText, PatternError } from './compiled-pattern.ts'
import { actionKeys, requestAction, textAction } from './rule-action.ts'
import type { FileIssue, YamlText } from './yaml-text.ts'

const some = z.array(z.string().min(1).max(512)).min(1).max(1000).optional()
const prompt = z.string().min(1).max(100_000)
const words = z.string().min(1).max(1000)
const replacement = z.string().max(1000)
const detector = z.enum(detectorNames)
const names = detectorNames.join(', ')
const pattern = z.string().min(1)

const finding = z.union([detector, z.strictObject({ pattern })], {
  error: `expected one of ${names}, or a mapping with a pattern`,
})
const redaction = z.union([detector, z.strictObject({ pattern, as: replacement.optional() })], {
  error: `expected one of ${names}, or a mapping with a pattern`,
})
const bounds = z
  .strictObject({ min: z.number().optional(), max: z.number().optional() })
  .refine(({ max, min }) => max !== undefined || min !== undefined, 'needs min or max')
  .refine(({ max = Infinity, min = -Infinity }) => min <= max, 'has a min above its max')
/** What is not a parameter, but the call itself. */
const noParameters = ['model', 'messages', 'input', 'stream', 'stream_options'] as const
const parameter = z
  .string()
  .min(1)
  .max(200)
  .refine((name) => !noParameters.some((each) => each === name), 'is no parameter')
const role = z.enum(['system', 'developer', 'user', 'assistant', 'tool'])

const action = z.strictObject({
  set_system_prompt: prompt.optional(),
  append_system_prompt: prompt.optional(),
  set_parameters: z.record(parameter, z.json()).optional(),
  clamp_parameters: z.record(parameter, bounds).optional(),
  map_roles: z.partialRecord(role, role).optional(),
  add_metadata: z.record(z.string().min(1).max(64), z.string().max(512)).optional(),
  deny: words.optional(),
  block: z
    .strictObject({ find: z.array(finding).min(1).max(50), message: words.optional() })
    .optional(),
  redact: z.array(redaction).min(1).max(50).optional(),
  replace: z
    .array(
      z
        .strictObject({
          text: z.string().min(1).max(100).optional(),
          pattern: pattern.optional(),
          with: replacement,
        })
        .refine(
          (entry) => (entry.text === undefined) !== (entry.pattern === undefined),
          'needs either a text or a pattern',
        ),
    )
    .min(1)
    .max(50)
    .optional(),
})

export type ActionEntry = z.infer<typeof action>

/** One rule under `rules`. */
export const ruleEntry = z
  .strictObject({
    name: z
      .string()
      .regex(/^[a-z\d][\w.-]{0,63}$/i, 'expected letters, digits, dots, dashes and underscores'),
    when: z
      .strictObject({ provider: some, model: some, tenant: some, api_key: some })
      .refine((entry) => Object.keys(entry).length > 0, 'says nothing')
      .optional(),
    on: z.enum(['request', 'response']).default('request'),
    action,
  })
  .superRefine((entry, { addIssue }) => {
    const wrong = (path: readonly (string | number)[], message: string) =>
      addIssue({ code: 'custom', path: [...path], message })
    const said = actionKeys(entry.action)
    const [only] = said
    if (said.length !== 1 || !only) wrong(['action'], 'needs exactly one action')
    else if (entry.on === 'response' && only !== 'redact' && only !== 'replace' && only !== 'block')
      wrong(['action', only], 'is for requests: answers can be redacted, replaced in, or blocked')
    for (const { fault, path } of patternFaults(entry.action)) wrong(['action', ...path], fault)
  })

export type RuleEntry = z.infer<typeof ruleEntry>

export function callRule({ action: said, name, on, when = {} }: RuleEntry): CallRule {
  const condition = conditionOf(when)
  return on === 'request'
    ? { name, when: condition, on: 'REQUEST', action: requestAction(said) }
    : { name, when: condition, on: 'RESPONSE', action: textAction(said) }
}

/** What is wrong with rules that are right one by one: a name that stands twice, a provider that there is not. */
export function ruleIssues(
  entries: readonly RuleEntry[],
  { yaml, providers }: { yaml: YamlText; providers: readonly string[] },
): readonly FileIssue[] {
  const known = new Set<string>()
  return entries.flatMap(({ name, when }, index) => {
    const issue = (at: readonly string[], message: string): FileIssue => {
      const path = ['rules', `${index}`, ...at]
      return { path, message, ...yaml.position(path) }
    }
    const twice = known.has(name) ? [issue(['name'], `stands twice: ${name}`)] : []
    known.add(name)
    const unknown = (when?.provider ?? []).flatMap((provider, at) => {
      if (providers.includes(provider)) return []
      const meant = closestTo(provider, providers)
      return issue(
        ['when', 'provider', `${at}`],
        `there is no provider ${provider}; did you mean ${meant}?`,
      )
    })
    return [...twice, ...unknown]
  })
}

function conditionOf(when: NonNullable<RuleEntry['when']>): RuleCondition {
  const { api_key: apiKeys, model: models, provider: providers, tenant: tenants } = when
  return {
    ...(providers && { providers }),
    ...(models && { models }),
    ...(tenants && { tenants: tenants.map((id) => id.toLowerCase()) }),
    ...(apiKeys && { apiKeys: apiKeys.map((id) => id.toLowerCase()) }),
  }
}

interface PatternFault {
  readonly path: readonly (string | number)[]
  readonly fault: string
}

function patternFaults({ block, redact = [], replace = [] }: ActionEntry): readonly PatternFault[] {
  const patterns = (list: readonly (string | { pattern?: string | undefined })[], path: string[]) =>
    list.flatMap((entry, index) => {
      const source = typeof entry === 'string' ? undefined : entry.pattern
      const fault = source === undefined ? undefined : faultOf(() => compilePattern(source))
      return fault === undefined ? [] : [{ path: [...path, index, 'pattern'], fault }]
    })
  const texts = replace.flatMap(({ text }, index) => {
    const fault = text === undefined ? undefined : faultOf(() => compileText(text))
    return fault === undefined ? [] : [{ path: ['replace', index, 'text'], fault }]
  })
  return [
    ...patterns(block?.find ?? [], ['block', 'find']),
    ...patterns(redact, ['redact']),
    ...patterns(replace, ['replace']),
    ...texts,
  ]
}

function faultOf(compile: () => unknown): string | undefined {
  try {
    compile()
    return undefined
  } catch (thrown) {
    if (thrown instanceof PatternError) return thrown.message
    throw thrown
  }
}
