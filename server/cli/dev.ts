/**
 * For those who work on the product: restarts the server when a file below server/ changes, and serves the dashboard
 * with its changes applied as they are saved.
 *
 * Usage: npm run dev
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { join, resolve } from 'node:path'

const root = resolve(import.meta.dirname, '../..')
const vite = join(root, 'node_modules/vite/bin/vite.js')

const children = [
  run(['--watch-path=server', '--watch-preserve-output', 'server/main.ts']),
  run([vite, '--config', 'web/vite.config.ts', '--host', '127.0.0.1']),
]

// A Ctrl-C in the terminal reaches the children by itself.
process.on('SIGINT', () => {})
process.on('SIGTERM', () => end('SIGTERM'))
await Promise.race(children.map((child) => once(child, 'exit')))
end('SIGTERM')
await Promise.all(children.map(ended))

function run(args: readonly string[]): ChildProcess {
  return spawn(process.execPath, args, { cwd: root, stdio: ['ignore', 'inherit', 'inherit'] })
}

function end(signal: NodeJS.Signals): void {
  for (const child of children) child.kill(signal)
}

async function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode === null && child.signalCode === null) await once(child, 'exit')
}
