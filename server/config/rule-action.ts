import type { RequestAction, TextAction } from '#domain/call-rule.ts'
import { detectorNames, type DetectorName, detectors } from '#domain/detector.ts'
import type { TextReplacement } from '#domain/text-matcher.ts'
import { compilePattern, compileText } from './compiled-pattern.ts'
import type { ActionEntry } from './rule-entry.ts'

const blocked = 'The text has something in it that this gateway does not let pass.'

/** The actions that an entry names. */
export function actionKeys(entry: ActionEntry): readonly (keyof ActionEntry)[] {
  const keys = Object.keys(entry) as (keyof ActionEntry)[]
  return keys.filter((key) => entry[key] !== undefined)
}

/** @param entry With one action. */
export function requestAction(entry: ActionEntry): RequestAction {
  const {
    add_metadata: metadata,
    append_system_prompt: appended,
    clamp_parameters: bounds,
    deny,
    map_roles: roles,
    set_parameters: parameters,
    set_system_prompt: prompt,
  } = entry
  if (prompt !== undefined) return { kind: 'SET_SYSTEM_PROMPT', prompt }
  if (appended !== undefined) return { kind: 'APPEND_SYSTEM_PROMPT', prompt: appended }
  if (parameters) return { kind: 'SET_PARAMETERS', parameters }
  if (bounds) return { kind: 'CLAMP_PARAMETERS', bounds }
  if (roles) return { kind: 'MAP_ROLES', roles }
  if (metadata) return { kind: 'ADD_METADATA', metadata }
  if (deny !== undefined) return { kind: 'DENY', message: deny }
  return textAction(entry)
}

/** @param entry With one action, on text. */
export function textAction({ block, redact, replace = [] }: ActionEntry): TextAction {
  if (block) {
    const matchers = replacements(block.find).map(({ matcher }) => matcher)
    return { kind: 'BLOCK', matchers, message: block.message ?? blocked }
  }
  if (redact) return { kind: 'REDACT', replacements: replacements(redact) }
  return {
    kind: 'REPLACE',
    replacements: replace.map(({ pattern, text = '', with: replacement }) => ({
      matcher: pattern === undefined ? compileText(text) : compilePattern(pattern),
      replacement,
    })),
  }
}

/** Detectors stand first, in the order in which they must be asked. */
function replacements(
  entries: readonly (DetectorName | { pattern: string; as?: string | undefined })[],
): readonly TextReplacement[] {
  const named = detectorNames
    .filter((name) => entries.includes(name))
    .map((name) => ({ matcher: detectors[name].matcher, replacement: detectors[name].placeholder }))
  const own = entries.flatMap((entry) =>
    typeof entry === 'string'
      ? []
      : [{ matcher: compilePattern(entry.pattern), replacement: entry.as ?? '[REDACTED]' }],
  )
  return [...named, ...own]
}
