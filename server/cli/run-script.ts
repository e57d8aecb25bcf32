import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'

const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const

/**
 * Runs another entry of the product in this one's place, on the same Node, and ends as it ends.
 *
 * @param path From `server/`.
 */
export async function runScript(
  path: string,
  { args, flags = [] }: { args: readonly string[]; flags?: readonly string[] },
): Promise<void> {
  const script = fileURLToPath(new URL(`../${path}`, import.meta.url))
  const child = spawn(process.execPath, [...flags, script, ...args], { stdio: 'inherit' })
  const passOn = (signal: NodeJS.Signals) => void child.kill(signal)
  for (const signal of signals) process.on(signal, passOn)
  const [code] = await once(child, 'exit')
  for (const signal of signals) process.off(signal, passOn)
  process.exitCode = typeof code === 'number' ? code : 1
}
