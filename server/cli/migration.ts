/**
 * For those who change prisma/schema.prisma: shows the SQL by which the migrations lag behind it, and writes it into a
 * new migration when that has a name. Read it before it is committed: columns and constraints that are in the migrations
 * by intent, and in no model, would be dropped by it.
 *
 * Usage: node_modules/.bin/node server/cli/migration.ts [name]
 */
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startEmbeddedPostgres } from '#store/embedded-postgres/embedded-postgres.ts'
import { migrate } from '#store/migrate.ts'
import { schemaDiff } from '#store/schema-diff.ts'
import { prismaFolder } from '#store/schema-engine.ts'

const name = process.argv[2]
const folder = mkdtempSync(join(tmpdir(), 'orchestrator-migration-'))
chmodSync(folder, 0o711)
const log = { info: () => {}, warn: (message: string) => console.warn(message) }
const postgres = await startEmbeddedPostgres(folder, { log })
try {
  await migrate(postgres.url)
  const script = await schemaDiff(postgres.url)
  if (script === '') console.log('The migrations make what schema.prisma says.')
  else if (name === undefined) console.log(script)
  else console.log(`written: ${write(name, script)}`)
} finally {
  await postgres.stop()
  rmSync(folder, { recursive: true, force: true })
}

function write(named: string, script: string): string {
  const stamp = new Date().toISOString().replace(/\D/g, '').slice(0, 14)
  const target = join(prismaFolder, 'migrations', `${stamp}_${named}`)
  mkdirSync(target)
  writeFileSync(join(target, 'migration.sql'), `${script}\n`)
  return target
}
