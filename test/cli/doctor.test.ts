import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { text } from 'node:stream/consumers'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createAllowance } from '../support/allowances.ts'
import { createDatabase, type TestDatabase } from '../support/postgres.ts'
import { sql } from '../support/store.ts'

let database: TestDatabase
beforeAll(async () => {
  database = await createDatabase()
})
afterAll(() => database.drop())

async function doctor(...options: readonly string[]) {
  const child = spawn(process.execPath, ['server/cli/doctor.ts', ...options], {
    env: { ...process.env, DATABASE_URL: database.url },
  })
  const [out, [code]] = await Promise.all([text(child.stdout), once(child, 'exit')])
  return { out, code }
}

describe('the doctor', () => {
  it('finds all well in a new database', async () => {
    const { out, code } = await doctor()
    expect(code).toBe(0)
    expect(out).toContain('holds   what is held of an allowance')
  })

  it('says what is broken, where, and what it found', async () => {
    const { id } = await createAllowance(database.url, { name: 'Team A' })
    await sql(
      database.url,
      `insert into allowance_window (allowance_id, tenant_id, unit, starts_at, spent, ceiling)
       select id, tenant_id, unit, now(), 5, amount from allowance where id = $1`,
      [id],
    )
    const { out, code } = await doctor()
    expect(code).toBe(1)
    expect(out).toMatch(
      /BROKEN {2}what is spent of an allowance.*\n +Team A from .*: 5 spent, 0 in/,
    )
    expect(JSON.parse((await doctor('--json')).out)).toMatchObject({
      breaches: [{ found: '5 spent, 0 in the ledger' }],
    })
  })
})
