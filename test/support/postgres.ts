import { randomUUID } from 'node:crypto'
import pg from 'pg'
import { inject } from 'vitest'
import { templateDatabase } from './postgres-setup.ts'

export interface TestDatabase {
  readonly url: string
  /** Removes it, together with whoever is still connected. */
  drop(): Promise<void>
}

/** A database of this test file's own, with the product's schema, on the run's one Postgres. */
export async function createDatabase(): Promise<TestDatabase> {
  const url = new URL(inject('postgresUrl'))
  const name = `test_${randomUUID().replaceAll('-', '')}`
  await administer(url.href, `create database ${name} template ${templateDatabase}`)
  const own = new URL(url)
  own.pathname = `/${name}`
  return {
    url: own.href,
    drop: () => administer(url.href, `drop database if exists ${name} with (force)`),
  }
}

/** The template can be cloned by one at a time: others wait for it. */
async function administer(url: string, statement: string): Promise<void> {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  try {
    await client.query('select pg_advisory_lock(42)')
    await client.query(statement)
  } finally {
    await client.end()
  }
}
