/**
 * Brings a fresh clone to the point where the product can run: installs what is missing, generates the database
 * client, builds the dashboard; each only when it is stale. Runs under any Node from 20 on, with nothing installed.
 *
 * Usage: node server/cli/prepare.mjs start|test
 */
import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { delimiter, dirname, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = resolve(dirname(fileURLToPath(import.meta.url)), '../..')
const node = join(root, 'node_modules/.bin/node')
const lock = join(root, '.cache/preparing')

/** How often a long step says that it is still at work. */
const tellEveryMs = 10_000

/** A full install serves both purposes, and is never cut back, whoever made it. */
const full =
  process.argv[2] === 'test' || existsSync(join(root, 'node_modules/vitest/package.json'))

const steps = [
  {
    what: full ? 'installing everything, test tools included' : 'installing what the product needs',
    inputs: ['package-lock.json', '.npmrc'],
    stamp: full ? 'node_modules/.installed-all' : 'node_modules/.installed',
    outputs: ['node_modules/.bin/node'],
    // Not `npm ci`: it fails where a registry lacks optional packages of other platforms, and empties a full install.
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
      execute(
        node,
        ['node_modules/prisma/build/index.js', 'generate', '--config', 'prisma/prisma.config.ts'],
        {
          PRISMA_SCHEMA_ENGINE_BINARY: process.execPath,
          PRISMA_HIDE_UPDATE_MESSAGE: '1',
          CHECKPOINT_DISABLE: '1',
        },
      ),
  },
  {
    what: 'building the dashboard',
    inputs: ['web', 'package-lock.json'],
    stamp: 'web/dist/.stamp',
    outputs: ['web/dist/index.html'],
    run: () =>
      execute(node, [
        'node_modules/vite/bin/vite.js',
        'build',
        '--config',
        'web/vite.config.ts',
        '--logLevel',
        'warn',
      ]),
  },
]

if (steps.some(isStale)) {
  await takeLock()
  try {
    for (const step of steps) if (isStale(step)) await bring(step)
  } finally {
    rmSync(lock, { force: true })
  }
}

function isStale({ inputs, stamp, outputs }) {
  return (
    read(stamp) !== fingerprint(inputs) || !outputs.every((path) => existsSync(join(root, path)))
  )
}

async function bring({ what, inputs, stamp, outputs, run }) {
  const began = Date.now()
  const seconds = () => `${((Date.now() - began) / 1000).toFixed(1)} s`
  const wanted = fingerprint(inputs)
  say(`${what} ...`)
  const telling = setInterval(() => say(`${what}: ${seconds()} so far`), tellEveryMs)
  const problem = (await run()) ?? missing(outputs)
  clearInterval(telling)
  if (problem) {
    say(`${what} failed after ${seconds()}:\n${problem}`)
    rmSync(lock, { force: true })
    process.exit(1)
  }
  mkdirSync(dirname(join(root, stamp)), { recursive: true })
  writeFileSync(join(root, stamp), wanted)
  say(`${what} took ${seconds()}`)
}

function missing(outputs) {
  const lacking = outputs.filter((path) => !existsSync(join(root, path)))
  return lacking.length > 0
    ? `${lacking.join(', ')} is not there; is ${process.platform}-${process.arch} supported?`
    : undefined
}

/** Two that start in one clone do not install into each other; a lock whose owner was killed counts for nothing. */
async function takeLock() {
  mkdirSync(dirname(lock), { recursive: true })
  for (let told = false; ;) {
    try {
      writeFileSync(lock, String(process.pid), { flag: 'wx' })
      return
    } catch (error) {
      if (error.code !== 'EEXIST') throw error
    }
    const owner = Number(read('.cache/preparing'))
    if (!isAlive(owner)) {
      rmSync(lock, { force: true })
    } else if (!told) {
      say(`waiting for process ${owner}, which is preparing the same folder`)
      told = true
    }
    await new Promise((resume) => setTimeout(resume, 100))
  }
}

function isAlive(pid) {
  try {
    return pid > 0 && process.kill(pid, 0)
  } catch (error) {
    return error.code === 'EPERM'
  }
}

/** @returns What went wrong; undefined when nothing did. */
function execute(command, args, env = {}) {
  const child = spawn(command, args, {
    cwd: root,
    env: {
      ...process.env,
      PATH: `${join(root, 'node_modules/.bin')}${delimiter}${process.env.PATH}`,
      ...env,
    },
    stdio: ['ignore', 'ignore', 'pipe'],
    shell: process.platform === 'win32',
  })
  let told = ''
  child.stderr.on('data', (part) => (told += part))
  return new Promise((settle) => {
    child.on('error', (error) => settle(`${command}: ${error.message}`))
    child.on('close', (code, signal) =>
      settle(
        code === 0
          ? undefined
          : `${told}\n${command} ${args.join(' ')} ended with ${signal ?? code}`,
      ),
    )
  })
}

function say(line) {
  process.stderr.write(`${line}\n`)
}

function read(path) {
  try {
    return readFileSync(join(root, path), 'utf8')
  } catch {
    return undefined
  }
}

function fingerprint(inputs) {
  const hash = createHash('sha256')
  for (const path of inputs.flatMap(filesBelow))
    hash
      .update(path)
      .update('\0')
      .update(readFileSync(join(root, path)))
  return hash.digest('hex')
}

function filesBelow(path) {
  if (!existsSync(join(root, path))) return []
  if (!statSync(join(root, path)).isDirectory()) return [path]
  const names = readdirSync(join(root, path)).filter(
    (name) => name !== 'dist' && name !== 'node_modules',
  )
  return names.toSorted().flatMap((name) => filesBelow(`${path}/${name}`))
}
