/**
 * Brings a fresh clone to the point where the product can run: installs what is missing, generates the database
 * client, builds the dashboard; each only when it is stale. Runs under any Node from 20 on, with nothing installed.
 *
 * Usage: node server/cli/prepare.mjs start|test
 */
import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { delimiter, dirname, join, resolve } from 'node:path'

const root = resolve(import.meta.dirname ?? dirname(new URL(import.meta.url).pathname), '../..')
const purpose = process.argv[2] === 'test' ? 'test' : 'start'
const node = join(root, 'node_modules/.bin/node')

/** A full install serves both purposes, and is never cut back. */
const full = purpose === 'test' || existsSync(join(root, 'node_modules/.installed-all'))

const steps = [
  {
    what: full ? 'installing everything, test tools included' : 'installing what the product needs',
    inputs: ['package-lock.json', '.npmrc'],
    stamp: full ? 'node_modules/.installed-all' : 'node_modules/.installed',
    outputs: ['node_modules/.bin/node'],
    // Not `npm ci`: it fails where a registry lacks optional packages of other platforms.
    run: () =>
      execute('npm', [
        'install',
        '--no-save',
        '--ignore-scripts',
        '--loglevel=error',
        full ? '--include=dev' : '--omit=dev',
      ]),
  },
  {
    what: 'generating the database client',
    inputs: ['prisma/schema.prisma', 'prisma/prisma.config.ts', 'package-lock.json'],
    stamp: '.generated/.stamp',
    outputs: ['.generated/prisma/client.ts'],
    // Prisma wants a schema engine to exist, and does not call it to generate.
    run: () =>
      execute(node, ['node_modules/prisma/build/index.js', 'generate', '--config', 'prisma/prisma.config.ts'], {
        PRISMA_SCHEMA_ENGINE_BINARY: process.execPath,
        PRISMA_HIDE_UPDATE_MESSAGE: '1',
        CHECKPOINT_DISABLE: '1',
      }),
  },
  {
    what: 'building the dashboard',
    inputs: ['web', 'package-lock.json'],
    stamp: 'web/dist/.stamp',
    outputs: ['web/dist/index.html'],
    run: () => execute(node, ['node_modules/vite/bin/vite.js', 'build', '--config', 'web/vite.config.ts', '--logLevel', 'warn']),
  },
]

for (const step of steps) bring(step)

function bring({ what, inputs, stamp, outputs, run }) {
  const wanted = fingerprint(inputs)
  if (read(stamp) === wanted && outputs.every((path) => existsSync(join(root, path)))) return
  const started = Date.now()
  const seconds = () => `${((Date.now() - started) / 1000).toFixed(1)} s`
  process.stderr.write(`${what} ...\n`)
  const problem = run()
  if (problem) {
    process.stderr.write(`${what} failed after ${seconds()}:\n${problem}\n`)
    process.exit(1)
  }
  mkdirSync(dirname(join(root, stamp)), { recursive: true })
  writeFileSync(join(root, stamp), wanted)
  process.stderr.write(`${what} took ${seconds()}\n`)
}

/** @returns What went wrong; undefined when nothing did. */
function execute(command, args, env = {}) {
  const { status, error, signal, stderr } = spawnSync(command, args, {
    cwd: root,
    env: { ...process.env, PATH: `${join(root, 'node_modules/.bin')}${delimiter}${process.env.PATH}`, ...env },
    stdio: ['ignore', 'ignore', 'pipe'],
    maxBuffer: 64 * 1024 * 1024,
    shell: process.platform === 'win32',
  })
  if (status === 0) return undefined
  return `${stderr}\n${command} ${args.join(' ')} ended with ${error?.message ?? signal ?? status}`
}

function read(path) {
  return existsSync(join(root, path)) ? readFileSync(join(root, path), 'utf8') : undefined
}

function fingerprint(inputs) {
  const hash = createHash('sha256')
  for (const path of inputs.flatMap(filesBelow)) hash.update(path).update('\0').update(readFileSync(join(root, path)))
  return hash.digest('hex')
}

function filesBelow(path) {
  if (!existsSync(join(root, path))) return []
  if (!statSync(join(root, path)).isDirectory()) return [path]
  const names = readdirSync(join(root, path)).filter((name) => name !== 'dist' && name !== 'node_modules')
  // oxlint-disable-next-line unicorn/no-array-sort -- Node 20 runs this file
  return names.sort().flatMap((name) => filesBelow(`${path}/${name}`))
}
