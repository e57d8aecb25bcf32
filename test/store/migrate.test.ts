import pg from 'pg'
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest'
import { migrate } from '#server/store/migrate.ts'

const name = 'migrate_test'

async function query<Row extends pg.QueryResultRow>(url: string, text: string): Promise<Row[]> {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  try {
    return (await client.query<Row>(text)).rows
  } finally {
    await client.end()
  }
}

describe('migrate', () => {
  const url = () => {
    const own = new URL(inject('postgresUrl'))
    own.pathname = `/${name}`
    return own.href
  }
  beforeAll(() => query(inject('postgresUrl'), `create database ${name}`))
  afterAll(() => query(inject('postgresUrl'), `drop database ${name} with (force)`))

  it('lets replicas that start at once wait for each other, and applies each migration once', async () => {
    const applied = await Promise.all([migrate(url()), migrate(url()), migrate(url())])
    expect(applied.filter((names) => names.length > 0)).toHaveLength(1)
    const rows = await query(url(), 'select migration_name, finished_at from _prisma_migrations')
    expect(rows.every(({ finished_at }) => finished_at !== null)).toBe(true)
    expect(await query(url(), 'select slug from tenant')).toHaveLength(1)
  })

  it('has nothing to do the second time', async () => {
    expect(await migrate(url())).toEqual([])
  })
})
