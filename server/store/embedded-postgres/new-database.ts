import { spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import {
  chownSync,
  existsSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import type { PostgresUser } from './database-place.ts'
import { stopLeftOver } from './left-over.ts'

export interface NewDatabase {
  readonly binaries: string
  /** Where the database is, or will be once it is whole. */
  readonly data: string
  readonly user: PostgresUser | undefined
  readonly passwordFile: string
}

/**
 * Makes a database unless it is there. A half-made one is thrown away: the folder gets its name when it is whole.
 *
 * @returns The password of its one user, `orchestrator`.
 */
export async function ensureDatabase(database: NewDatabase): Promise<string> {
  const { data, passwordFile } = database
  const password = existsSync(passwordFile) ? readFileSync(passwordFile, 'utf8').trim() : ''
  if (existsSync(data) && password !== '') return password
  if (existsSync(data)) {
    throw new Error(
      `${data} has a database, but its password is not in ${passwordFile}; bring that file back, or set ORCHESTRATOR_DATA_DIR to an empty folder.`,
    )
  }
  return makeDatabase(database)
}

async function makeDatabase({ binaries, data, user, passwordFile }: NewDatabase): Promise<string> {
  const partial = `${data}.new`
  const handedOver = `${data}.password`
  await stopLeftOver(partial)
  for (const path of [partial, handedOver]) rmSync(path, { recursive: true, force: true })
  const password = randomBytes(24).toString('base64url')
  mkdirSync(partial, { mode: 0o700 })
  writeFileSync(handedOver, password, { mode: 0o600 })
  if (user) for (const path of [partial, handedOver]) chownSync(path, user.uid, user.gid)
  const files = ['-D', partial, `--pwfile=${handedOver}`]
  const access = ['-U', 'orchestrator', '--auth=scram-sha-256']
  const locale = [
    '--locale=C',
    '--locale-provider=builtin',
    '--builtin-locale=C.UTF-8',
    '--encoding=UTF8',
  ]
  const initdb = spawn(join(binaries, 'bin/initdb'), [...files, ...access, ...locale], {
    ...user,
    stdio: ['ignore', 'ignore', 'pipe'],
    cwd: partial,
  })
  let complaint = ''
  initdb.stderr.on('data', (part: Buffer) => (complaint += part.toString()))
  const [code] = await once(initdb, 'close')
  rmSync(handedOver, { force: true })
  if (code !== 0) throw new Error(`initdb failed (${String(code)}): ${complaint.trim()}`)
  writeFileSync(passwordFile, password, { mode: 0o600, flush: true })
  renameSync(partial, data)
  return password
}
