import { z } from 'zod'

/** The keys that a grammar knows at a place; none where it knows no mapping there. */
export function knownKeys(grammar: z.core.$ZodType, path: readonly string[]): readonly string[] {
  return mappingsAt(grammar, path).flatMap((mapping) => Object.keys(mapping.shape))
}

function mappingsAt(grammar: unknown, path: readonly string[]): readonly z.ZodObject[] {
  const [step, ...rest] = path
  if (grammar instanceof z.ZodOptional || grammar instanceof z.ZodNullable)
    return mappingsAt(grammar.unwrap(), path)
  if (grammar instanceof z.ZodDefault) return mappingsAt(grammar.unwrap(), path)
  if (grammar instanceof z.ZodUnion)
    return grammar.options.flatMap((option: unknown) => mappingsAt(option, path))
  if (step === undefined) return grammar instanceof z.ZodObject ? [grammar] : []
  if (grammar instanceof z.ZodObject) return mappingsAt(grammar.shape[step], rest)
  if (grammar instanceof z.ZodRecord) return mappingsAt(grammar.valueType, rest)
  return grammar instanceof z.ZodArray ? mappingsAt(grammar.element, rest) : []
}
