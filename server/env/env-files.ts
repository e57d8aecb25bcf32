import { readFileSync, statSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { parseEnv } from 'node:util'

/** Variables by name, before anything is known of what they mean. */
export type Raw = Readonly<Record<string, string | undefined>>

/**
 * Adds what the env files say, as v0.7.2 did: `providers.env` and `router.env` of the project win over the environment,
 * the first of them most; the nearest `.env` upwards only fills in what is unset. Files are read, never executed.
 *
 * @throws {Error} When there is such a file that this user may not read.
 */
export function addEnvFiles(raw: Raw, folder: string): Raw {
  return {
    ...envFile(nearest(folder, '.env')),
    ...raw,
    ...envFile(join(folder, 'router.env')),
    ...envFile(join(folder, 'providers.env')),
  }
}

function envFile(file: string | undefined): Raw {
  if (file === undefined || !isFile(file)) return {}
  try {
    return parseEnv(readFileSync(file, 'utf8').replace(/^\s*export\s+/gm, ''))
  } catch (cause) {
    throw new Error(`${file} cannot be read.`, { cause })
  }
}

function nearest(folder: string, name: string): string | undefined {
  const file = join(folder, name)
  if (isFile(file)) return file
  const parent = dirname(folder)
  return parent === folder ? undefined : nearest(parent, name)
}

function isFile(path: string): boolean {
  try {
    return statSync(path).isFile()
  } catch {
    return false
  }
}
