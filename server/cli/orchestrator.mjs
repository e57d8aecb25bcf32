#!/usr/bin/env node
/** The command `orchestrator` under any Node from 20 on: prepares what is missing, then runs on the locked Node. */
import { spawn, spawnSync } from 'node:child_process'
import { dirname, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'

const here = dirname(fileURLToPath(import.meta.url))
const node = join(resolve(here, '../..'), 'node_modules/.bin/node')

const prepared = spawnSync(process.execPath, [join(here, 'prepare.mjs'), 'start'], {
  stdio: ['ignore', 'ignore', 'inherit'],
})
if (prepared.status !== 0) process.exit(1)

const child = spawn(node, [join(here, 'orchestrator.ts'), ...process.argv.slice(2)], {
  stdio: 'inherit',
})
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal))
child.on('error', (error) => {
  process.stderr.write(`${node}: ${error.message}\n`)
  process.exit(1)
})
child.on('exit', (code) => process.exit(code ?? 1))
