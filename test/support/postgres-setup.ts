import { chmodSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import pg from 'pg'
import type { TestProject } from 'vitest/node'
import { startEmbeddedPostgres } from '#server/store/embedded-postgres/embedded-postgres.ts'
import { migrate } from '#server/store/migrate.ts'

declare module 'vitest' {
  interface ProvidedContext {
    /** The server on which every test file makes its own database. */
    postgresUrl: string
  }
}

export const templateDatabase = 'orchestrator_template'

/** One embedded Postgres for the whole run, with one migrated database that all others are cloned from. */
export async function setup(project: TestProject): Promise<() => Promise<void>> {
  const folder = mkdtempSync(join(tmpdir(), 'orchestrator-postgres-'))
  chmodSync(folder, 0o711)
  const postgres = await startEmbeddedPostgres(folder, {
    log: { info: () => {}, warn: (message) => console.warn(message) },
    settings: [
      'fsync=off',
      'synchronous_commit=off',
      'full_page_writes=off',
      'max_connections=200',
    ],
  })
  const client = new pg.Client({ connectionString: postgres.url })
  await client.connect()
  await client.query(`create database ${templateDatabase}`)
  const template = new URL(postgres.url)
  template.pathname = `/${templateDatabase}`
  await migrate(template.href)
  // A database that somebody is still connected to cannot be cloned.
  await client.query('select pg_terminate_backend(pid) from pg_stat_activity where datname = $1', [
    templateDatabase,
  ])
  await client.end()
  project.provide('postgresUrl', postgres.url)
  return async () => {
    await postgres.stop()
    rmSync(folder, { recursive: true, force: true })
  }
}
