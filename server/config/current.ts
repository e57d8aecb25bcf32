import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import type { GatewayConfig } from '#domain/config.ts'
import { environmentProviders, simulator } from './environment-providers.ts'
import { readOldFile, type ReadProviders } from './old-file.ts'
import type { ProviderSettings } from './provider-defaults.ts'
import { readStrictFile } from './strict-file.ts'
import { parseYaml } from './yaml-text.ts'

/** The configuration in force. */
export interface CurrentConfig {
  readonly active: GatewayConfig
  /** Why the file as it is now is not in force; null when it is. */
  readonly problem: string | null
  /**
   * Reads the file again and puts it in force as a whole. A file that cannot be used changes nothing.
   *
   * @throws {ConfigFileError} Says what is wrong, and where.
   */
  reload(): Promise<GatewayConfig>
  /** Tells of every activation, at once. */
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
  return {
    get active() {
      return active
    },
    get problem() {
      return problem
    },
    async reload() {
      try {
        active = await read(file, { settings, version: active.version + 1 })
        problem = null
      } catch (error) {
        problem = error instanceof Error ? error.message : String(error)
        throw error
      }
      for (const listener of listeners) listener(active)
      return active
    },
    onActivated: (listener) => listeners.push(listener),
  }
}

async function read(
  file: string,
  { settings, version }: { settings: ProviderSettings; version: number },
): Promise<GatewayConfig> {
  if (!existsSync(file)) {
    const providers = [...environmentProviders(settings), simulator]
    return { version, file: null, legacy: false, providers, warnings: [] }
  }
  const yaml = parseYaml(await readFile(file, 'utf8'))
  if (!isStrict(yaml.value)) {
    const { providers, warnings }: ReadProviders = readOldFile(yaml.value, settings)
    return { version, file, legacy: true, providers, warnings }
  }
  const { providers, warnings } = readStrictFile(yaml, settings)
  return { version, file, legacy: false, providers: [...providers, simulator], warnings }
}

function isStrict(value: unknown): boolean {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && 'version' in value
}
