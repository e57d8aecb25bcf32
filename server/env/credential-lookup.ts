import { readFileSync } from 'node:fs'
import type { Raw } from './env-files.ts'

/** The credentials that are looked for without a config that names them. */
const keys = ['OPENAI_API_KEY', 'XAI_API_KEY', 'OPENROUTER_API_KEY', 'PERPLEXITY_API_KEY']

/** A credential stands in its variable, or in the file that `<name>_FILE` names, which is read each time. */
export function lookUp(given: Raw, name: string): string | undefined {
  const file = given[`${name}_FILE`]
  return given[name]?.trim() || (file === undefined ? undefined : contentOf(file))
}

/** One sentence for each file of a known credential that gives none. */
export function unreadableFiles(given: Raw): readonly string[] {
  return keys
    .map((key) => `${key}_FILE`)
    .flatMap((name) => {
      const file = given[name]
      if (file === undefined || contentOf(file) !== undefined) return []
      return [
        `${name}: expected a file that can be read and is not empty, got ${JSON.stringify(file)}`,
      ]
    })
}

function contentOf(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8').trim() || undefined
  } catch {
    return undefined
  }
}
