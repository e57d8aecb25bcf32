import { GatewayError } from '#domain/errors.ts'
import type { CurrentConfig } from './current.ts'
import { ConfigFileError } from './yaml-text.ts'

/**
 * Puts the file in force as it is now.
 *
 * @throws {GatewayError} CONFIG_INVALID with line and column; the old configuration stays in force.
 */
export async function reloadOrRefuse(config: CurrentConfig): Promise<void> {
  try {
    await config.reload()
  } catch (cause) {
    const issues = cause instanceof ConfigFileError ? cause.issues : []
    const reason = cause instanceof Error ? cause.message : 'it cannot be read'
    throw new GatewayError(
      'CONFIG_INVALID',
      `The configuration file was refused, and the old one stays in force: ${reason}`,
      {
        issues,
        cause,
      },
    )
  }
}
