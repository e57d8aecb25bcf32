import type { RequestAction, RequestRule, RuleAction } from './call-rule.ts'
import type { JsonObject, ModelRequest } from './chat.ts'
import { GatewayError } from './errors.ts'
import { rewriteStrings } from './json-strings.ts'
import { mappedRoles, withSystemPrompt } from './ruled-messages.ts'
import { clamped, withParameters } from './ruled-parameters.ts'
import type { TextMatcher, TextReplacement } from './text-matcher.ts'
import { TextRewriter } from './text-rewriter.ts'

/** What one rule did to a call. */
export interface RuleEffect {
  readonly rule: string
  readonly action: RuleAction
  /** How many places it changed: 0 where it found nothing to do. */
  readonly count: number
}

/** A request as rules leave it. */
export interface RuledRequest {
  readonly request: ModelRequest
  /** What they did, in their order. */
  readonly effects: readonly RuleEffect[]
  /** What they say of the call besides. */
  readonly metadata: Readonly<Record<string, string>>
  /** Why it is refused; the rules behind are not asked. */
  readonly refusal: GatewayError | undefined
}

/**
 * Applies rules to a request, in their order, each to what the one before it left. Text and body stay in step: the text is
 * patched where a rule changes it, so that nothing unknown and no digit is lost, and then read again.
 *
 * @throws {GatewayError} CONTENT_BLOCKED where a text cannot be looked through in time.
 */
export function applyRequestRules(
  rules: readonly RequestRule[],
  request: ModelRequest,
): RuledRequest {
  const effects: RuleEffect[] = []
  const metadata: Record<string, string> = {}
  let ruled = request
  for (const rule of rules) {
    const { action, name } = rule
    const changed = changedText(rule, ruled)
    effects.push({ rule: name, action: action.kind, count: changed.count })
    if (action.kind === 'ADD_METADATA') Object.assign(metadata, action.metadata)
    if ((action.kind === 'DENY' || action.kind === 'BLOCK') && changed.count > 0)
      return { request: ruled, effects, metadata, refusal: refusalBy(action.message) }
    if (changed.text !== ruled.text)
      ruled = { ...ruled, text: changed.text, body: JSON.parse(changed.text) as JsonObject }
  }
  return { request: ruled, effects, metadata, refusal: undefined }
}

/** What whoever is refused by a rule is told. */
export const refusalBy = (message: string): GatewayError =>
  new GatewayError('CONTENT_BLOCKED', message)

interface Changed {
  readonly text: string
  readonly count: number
}

function changedText({ action }: RequestRule, request: ModelRequest): Changed {
  const { text } = request
  switch (action.kind) {
    case 'DENY':
      return { text, count: 1 }
    case 'ADD_METADATA':
      return { text, count: Object.keys(action.metadata).length }
    case 'BLOCK':
      return { text, count: action.matchers.some((each) => occurs(text, each)) ? 1 : 0 }
    case 'REDACT':
    case 'REPLACE':
      return action.replacements.reduce(
        (before, replacement) => {
          const after = replaced(before.text, replacement)
          return { text: after.text, count: before.count + after.count }
        },
        { text, count: 0 },
      )
    case 'SET_SYSTEM_PROMPT':
    case 'APPEND_SYSTEM_PROMPT':
    case 'MAP_ROLES':
    case 'SET_PARAMETERS':
    case 'CLAMP_PARAMETERS':
      return request.operation === 'chat' ? chatText(action, request) : { text, count: 0 }
  }
}

type ChatAction = Exclude<
  RequestAction,
  { kind: 'DENY' | 'ADD_METADATA' | 'BLOCK' | 'REDACT' | 'REPLACE' }
>

function chatText(action: ChatAction, request: ModelRequest): Changed {
  const { text } = request
  switch (action.kind) {
    case 'SET_SYSTEM_PROMPT':
    case 'APPEND_SYSTEM_PROMPT': {
      const { prompt, kind } = action
      const prompted = withSystemPrompt(text, { prompt, sets: kind === 'SET_SYSTEM_PROMPT' })
      return { text: prompted, count: 1 }
    }
    case 'MAP_ROLES':
      return mappedRoles(text, action.roles)
    case 'SET_PARAMETERS':
      return withParameters(request, action.parameters)
    case 'CLAMP_PARAMETERS':
      return clamped(request, action.bounds)
  }
}

/** Values under these keys are names, or bytes in letters: no text. */
const noTexts: ReadonlySet<string> = new Set([
  'model',
  'role',
  'type',
  'id',
  'tool_call_id',
  'data',
])

function isText(value: string, keys: readonly string[]): boolean {
  return !noTexts.has(keys.at(-1) ?? '') && !value.startsWith('data:')
}

function replaced(text: string, { matcher, replacement }: TextReplacement): Changed {
  let count = 0
  const search = matcher.search()
  const replace = () => {
    count++
    return replacement
  }
  const rewritten = rewriteStrings(text, (value, keys) => {
    if (!isText(value, keys)) return value
    const rewriter = new TextRewriter({ matcher, search, replace })
    return rewriter.push(value) + rewriter.finish()
  })
  return { text: rewritten, count }
}

function occurs(text: string, matcher: TextMatcher): boolean {
  const search = matcher.search()
  let found = false
  rewriteStrings(text, (value, keys) => {
    found ||= isText(value, keys) && search(value, 0) !== undefined
    return value
  })
  return found
}
