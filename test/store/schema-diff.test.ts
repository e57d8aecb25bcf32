import pg from 'pg'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { schemaDiff } from '#store/schema-diff.ts'
import { createDatabase, type TestDatabase } from '#test/support/postgres.ts'

describe('schemaDiff', () => {
  let database: TestDatabase
  beforeAll(async () => {
    database = await createDatabase()
  })
  afterAll(() => database.drop())

  it('finds every column of schema.prisma in what the migrations make, with the same type', async () => {
    const statements = (await schemaDiff(database.url)).split('\n')
    const lacking = /CREATE (TABLE|TYPE)|(ADD|ALTER) COLUMN|SET DATA TYPE|SET NOT NULL|SET DEFAULT/
    expect(statements.filter((line) => lacking.test(line))).toEqual([])
  })

  it('sees a column that is missing and one of another type, and no table without a model', async () => {
    const client = new pg.Client({ connectionString: database.url })
    await client.connect()
    await client.query('alter table tenant drop column slug')
    await client.query('alter table tenant alter column name type varchar(9)')
    await client.query('create table apart (id int)')
    await client.end()
    const script = await schemaDiff(database.url)
    expect(script).toContain('ADD COLUMN     "slug" TEXT NOT NULL')
    expect(script).toContain('ALTER COLUMN "name" SET DATA TYPE TEXT')
    expect(script).not.toMatch(/apart|ledger|usage_rollup/)
  })
})
