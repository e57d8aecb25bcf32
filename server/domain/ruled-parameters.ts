import type { ParameterBounds } from './call-rule.ts'
import type { JsonValue, ModelRequest } from './chat.ts'
import { replaceMember } from './json-text.ts'

type Asked = Pick<ModelRequest, 'text' | 'body'>
interface Changed {
  readonly text: string
  readonly count: number
}

/** Two names of one parameter. */
const outputLimits = ['max_tokens', 'max_completion_tokens'] as const
const isOutputLimit = (name: string): boolean => outputLimits.some((each) => each === name)

/** The request with these parameters, and how many of them it had not so. */
export function withParameters(
  { body, text }: Asked,
  parameters: Readonly<Record<string, JsonValue>>,
): Changed {
  const fresh = Object.entries(parameters).flatMap(([name, value]): [string, JsonValue][] => {
    // Whoever sends the other name of the output's limit must not keep it beside the one that is set.
    const others = outputLimits.filter((each) => isOutputLimit(name) && body[each] !== undefined)
    const names = others.length > 0 ? others : [name]
    return names.map((each) => [each, value])
  })
  const changed = fresh.filter(
    ([name, value]) => JSON.stringify(body[name]) !== JSON.stringify(value),
  )
  return {
    text: changed.reduce(
      (before, [name, value]) => replaceMember(before, name, JSON.stringify(value)),
      text,
    ),
    count: changed.length,
  }
}

/** The request with numbers inside these bounds. What it does not state stays the provider's. */
export function clamped(
  { body, text }: Asked,
  bounds: Readonly<Record<string, ParameterBounds>>,
): Changed {
  let ruled = text
  let count = 0
  for (const [asked, { max = Infinity, min = -Infinity }] of Object.entries(bounds)) {
    for (const name of isOutputLimit(asked) ? outputLimits : [asked]) {
      const value = body[name]
      if (typeof value !== 'number') continue
      const within = Math.max(min, Math.min(max, value))
      if (within === value) continue
      ruled = replaceMember(ruled, name, JSON.stringify(within))
      count++
    }
  }
  return { text: ruled, count }
}
