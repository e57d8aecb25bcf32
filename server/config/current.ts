import { createReadStream } from 'node:fs'
import type { GatewayConfig } from '#domain/config.ts'
import { environmentProviders, simulator } from './environment-providers.ts'
import { readOldFile } from './old-file.ts'
import type { ProviderSettings } from './provider-defaults.ts'
import { readStrictFile } from './strict-file.ts'
import { ConfigFileError, maxFileBytes, parseYaml } from './yaml-text.ts'

/** The configuration in force. */
export interface CurrentConfig {
  readonly active: GatewayConfig
  /** Why the file as it is now is not in force; null when it is. */
  readonly problem: string | null
  /**
   * Reads the file again and puts it in force as a whole, one reload after the other. A file that cannot be used, or
   * that a listener throws at, changes nothing.
   *
   * @throws {ConfigFileError} Says what is wrong, and where.
   */
  reload(): Promise<GatewayConfig>
  /** Tells of every activation, at once. A listener that builds something may throw: it must not have changed anything. */
  onActivated(listener: (config: GatewayConfig) => void): void
}

/**
 * Takes the configuration from `file`, or, where there is none, from the environment.
 *
 * @throws {ConfigFileError} When the first one cannot be used: there is nothing to go on with.
 */
export async function loadConfig(file: string, settings: ProviderSettings): Promise<CurrentConfig> {
  const listeners: ((config: GatewayConfig) => void)[] = []
  let active = await read(file, { settings, version: 1 })
  let problem: string | null = null
  let last: Promise<unknown> = Promise.resolve()

  const activate = async (): Promise<GatewayConfig> => {
    const before = active
    try {
      active = await read(file, { settings, version: before.version + 1 })
      for (const listener of listeners) listener(active)
      problem = null
    } catch (error) {
      active = before
      problem = error instanceof Error ? error.message : String(error)
      throw error
    }
    return active
  }

  return {
    get active() {
      return active
    },
    get problem() {
      return problem
    },
    reload() {
      const next = last.then(activate)
      last = next.catch(() => {})
      return next
    },
    onActivated: (listener) => listeners.push(listener),
  }
}

async function read(
  file: string,
  { settings, version }: { settings: ProviderSettings; version: number },
): Promise<GatewayConfig> {
  const text = await contentOf(file)
  if (text === undefined) {
    const providers = [...environmentProviders(settings), simulator]
    const message = `${file} does not exist: the providers are those whose keys are in the environment`
    return {
      version,
      file: null,
      legacy: false,
      providers,
      warnings: settings.expectsFile ? [{ path: [], message }] : [],
    }
  }
  const yaml = parseYaml(text)
  if (!isStrict(yaml.value)) return { version, file, legacy: true, ...readOldFile(yaml, settings) }
  const { providers, ...rest } = readStrictFile(yaml, settings)
  const simulated = { ...simulator, ...rest.defaults }
  return { version, file, legacy: false, providers: [...providers, simulated], ...rest }
}

/** Undefined where there is no such file. Of a file that is too large only the beginning: enough to refuse it. */
async function contentOf(file: string): Promise<Buffer | undefined> {
  try {
    return Buffer.concat(await Array.fromAsync(createReadStream(file, { end: maxFileBytes })))
  } catch (cause) {
    if (!(cause instanceof Error)) throw cause
    if ('code' in cause && cause.code === 'ENOENT') return undefined
    const message = `cannot be read: ${cause.message}`
    throw new ConfigFileError([{ path: [], message, line: 1, column: 1 }])
  }
}

/** A provider of v0.7.2 may be called `version`: then it is a mapping. */
function isStrict(value: unknown): boolean {
  if (typeof value !== 'object' || value === null || !('version' in value)) return false
  return typeof value.version !== 'object' || value.version === null
}
