import { createHmac, randomBytes } from 'node:crypto'
import { mkdirSync, readFileSync } from 'node:fs'
import { open } from 'node:fs/promises'
import { join } from 'node:path'
import { openConnection } from './connection.ts'

/** What all replicas share and nobody else knows: secrets of keys are stored under it, and sessions are signed with it. */
export interface InstallationSecret {
  /** A key for one purpose; keys of different purposes tell nothing of each other. */
  keyFor(purpose: string): Buffer
  readonly fingerprint: string
}

/**
 * Takes the secret that is given, else the one in the data folder, which is made once. Its fingerprint in the database
 * tells replicas with different ones apart. While no key is stored yet the newest replica's counts.
 *
 * @param given ORCHESTRATOR_SECRET.
 * @throws {Error} When keys are stored under another secret, or the folder cannot be used.
 */
export async function openInstallationSecret({
  given,
  folder,
  databaseUrl,
}: {
  given: string | undefined
  folder: string
  databaseUrl: string
}): Promise<InstallationSecret> {
  const secret = given ?? (await secretIn(folder))
  const keyFor = (purpose: string) => createHmac('sha256', secret).update(purpose).digest()
  const fingerprint = keyFor('fingerprint').toString('base64url')
  if (!(await isOurs(databaseUrl, fingerprint))) {
    const source = given === undefined ? `The secret in ${join(folder, 'secret')}` : 'This secret'
    throw new Error(
      `${source} is not the one under which the API keys in the database are stored, so none of them could be used. ` +
        'Set ORCHESTRATOR_SECRET to the secret of the other replicas, or bring the old secret back.',
    )
  }
  return { keyFor, fingerprint }
}

async function secretIn(folder: string): Promise<string> {
  const path = join(folder, 'secret')
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  try {
    const file = await open(path, 'wx', 0o600)
    try {
      await file.writeFile(`${randomBytes(32).toString('base64url')}\n`)
      await file.sync()
    } finally {
      await file.close()
    }
  } catch (error) {
    const isThere = error instanceof Error && 'code' in error && error.code === 'EEXIST'
    if (!isThere) throw error
  }
  const secret = readFileSync(path, 'utf8').trim()
  if (secret.length >= 32) return secret
  throw new Error(`${path} is damaged: remove it, and make the API keys anew.`)
}

const claim = `
update installation set secret_fingerprint = $1
where secret_fingerprint = $1 or secret_fingerprint is null or not exists (select from api_key where secret_hash is not null)
returning 1`

async function isOurs(databaseUrl: string, fingerprint: string): Promise<boolean> {
  const connection = openConnection(databaseUrl)
  try {
    return (await connection.query({ text: claim, values: [fingerprint] })).length > 0
  } finally {
    await connection.close()
  }
}
