import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { PrismaPg } from '@prisma/adapter-pg'
import pg from 'pg'
import { openSchemaEngine, prismaFolder } from './schema-engine.ts'

const oldestPostgres = 15

/** The same in every replica: whoever holds it migrates, the others wait. */
const advisoryLock = 7_265_144_801

/**
 * Brings the database to this version's schema with Prisma's own migration engine, as WebAssembly: it keeps
 * `_prisma_migrations` as the ordinary CLI does. Replicas that start at once wait for each other.
 *
 * @returns The names of the migrations that were applied now.
 * @throws {Error} When the database cannot be reached, is too old, or refuses a migration.
 */
export async function migrate(databaseUrl: string): Promise<readonly string[]> {
  const client = new pg.Client({ connectionString: databaseUrl, connectionTimeoutMillis: 10_000 })
  client.on('error', () => {})
  try {
    await connect(client)
    await client.query('select pg_advisory_lock($1)', [advisoryLock])
    const folders = migrationFolders()
    const state = await appliedMigrations(client)
    if (folders.every((name) => state.has(name))) return []
    return await applyMigrations(new AtomicScripts(databaseUrl, client), folders)
  } finally {
    await client.end().catch(() => {})
  }
}

async function connect(client: pg.Client): Promise<void> {
  const where = `The Postgres at ${client.host}:${client.port}`
  try {
    await client.connect()
  } catch (cause) {
    throw new Error(`${where} cannot be used.`, { cause })
  }
  const { rows } = await client.query<{ version: string }>(
    `select current_setting('server_version_num') as version`,
  )
  const version = Math.floor(Number(rows[0]?.version) / 10_000)
  if (version < oldestPostgres) {
    throw new Error(`${where} is version ${version}; ${oldestPostgres} or later is needed.`)
  }
}

function migrationFolders(): readonly string[] {
  const entries = readdirSync(join(prismaFolder, 'migrations'), { withFileTypes: true })
  return entries
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => name)
    .toSorted()
}

/**
 * Saves loading the engine at every start. What a killed process left unfinished was rolled back with its
 * transaction, and is marked so.
 */
async function appliedMigrations(client: pg.Client): Promise<ReadonlySet<string>> {
  const { rows: tables } = await client.query(
    `select to_regclass('_prisma_migrations') is not null as there`,
  )
  if (!tables[0]?.there) return new Set()
  await client.query(
    'update _prisma_migrations set rolled_back_at = now() where finished_at is null and rolled_back_at is null',
  )
  const { rows } = await client.query(
    'select migration_name as name from _prisma_migrations where finished_at is not null and rolled_back_at is null',
  )
  return new Set(rows.map(({ name }) => name))
}

/**
 * Runs each migration's script in one transaction together with the note that it is finished. Prisma's own adapter
 * cuts scripts at every semicolon, also inside functions, and runs the pieces one by one.
 */
class AtomicScripts extends PrismaPg {
  /** What Postgres said; the engine hides it. */
  failure: unknown
  readonly #client: pg.Client

  constructor(databaseUrl: string, client: pg.Client) {
    super({ connectionString: databaseUrl })
    this.#client = client
  }

  override async connect() {
    const adapter = await super.connect()
    adapter.executeScript = async (script: string) => {
      const { rows } = await this.#client.query(
        `select to_regclass('_prisma_migrations') is not null as there`,
      )
      const finish =
        'update _prisma_migrations set finished_at = now() where finished_at is null and rolled_back_at is null'
      try {
        await this.#client.query(rows[0]?.there ? `${script};\n${finish}` : script)
      } catch (error) {
        this.failure = error
        throw error
      }
    }
    return adapter
  }
}

async function applyMigrations(
  factory: AtomicScripts,
  folders: readonly string[],
): Promise<readonly string[]> {
  const engine = await openSchemaEngine(factory)
  const applying = engine.applyMigrations({
    migrationsList: {
      baseDir: join(prismaFolder, 'migrations'),
      lockfile: {
        path: 'migration_lock.toml',
        content: readFileSync(join(prismaFolder, 'migrations/migration_lock.toml'), 'utf8'),
      },
      shadowDbInitScript: '',
      migrationDirectories: folders.map((path) => ({
        path,
        migrationFile: {
          path: 'migration.sql',
          content: {
            tag: 'ok',
            value: readFileSync(join(prismaFolder, 'migrations', path, 'migration.sql'), 'utf8'),
          },
        },
      })),
    },
    filters: { externalTables: [], externalEnums: [] },
  })
  const { appliedMigrationNames } = await applying.catch((error: unknown) => {
    throw new Error('The database could not be migrated.', { cause: factory.failure ?? error })
  })
  return appliedMigrationNames
}
