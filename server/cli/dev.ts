/** Runs the product for those who work on it: the server starts anew when `server/` changes, the dashboard is built anew when `web/` does. */
import { spawn } from 'node:child_process'
import { resolve } from 'node:path'

const root = resolve(import.meta.dirname, '../..')

const children = [
  ['--watch-path=server', '--watch-preserve-output', 'server/main.ts'],
  [
    'node_modules/vite/bin/vite.js',
    'build',
    '--watch',
    '--config',
    'web/vite.config.ts',
    '--logLevel',
    'warn',
  ],
].map((args) => spawn(process.execPath, args, { cwd: root, stdio: 'inherit' }))

for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.on(signal, () => {
    for (const child of children) child.kill(signal)
  })
}
for (const child of children) {
  child.once('exit', (code) => {
    for (const other of children) other.kill('SIGTERM')
    process.exitCode ??= code ?? 0
  })
}
