import { PrismaPg } from '@prisma/adapter-pg'
import { ColumnTypeEnum } from '@prisma/driver-adapter-utils'
import pg from 'pg'
import { openSchemaEngine, prismaFolder, schemaFiles } from './schema-engine.ts'

/**
 * Compares a migrated database with schema.prisma. Tables that the migrations make in plain SQL and no model names are
 * left out: roll-ups, the ledger.
 *
 * @returns The SQL that would bring the database to the schema; empty when it is there.
 */
export async function schemaDiff(databaseUrl: string): Promise<string> {
  const files = schemaFiles().map(([path, content]) => ({ path, content }))
  const modelled = files.flatMap(({ content }) => [...content.matchAll(/@@map\("(\w+)"\)/g)])
  const pool = new pg.Pool({ connectionString: databaseUrl, max: 1 })
  pool.on('error', () => {})
  try {
    const engine = await openSchemaEngine(new DescribingAdapter(pool))
    const externalTables = await otherTables(pool, new Set(modelled.map(([, name]) => name)))
    const { stdout } = await engine.diff({
      from: { tag: 'schemaDatasource', files, configDir: prismaFolder },
      to: { tag: 'schemaDatamodel', files },
      script: true,
      exitCode: null,
      filters: { externalTables, externalEnums: [] },
    })
    const script = stdout?.trim() ?? ''
    return script === '-- This is an empty migration.' ? '' : script
  } finally {
    await pool.end()
  }
}

async function otherTables(
  pool: pg.Pool,
  modelled: ReadonlySet<string | undefined>,
): Promise<string[]> {
  const { rows } = await pool.query<{ name: string }>(
    `select tablename as name from pg_tables where schemaname = 'public'`,
  )
  return rows.map(({ name }) => `public.${name}`).filter((name) => !modelled.has(name.slice(7)))
}

/** The number of the type "char". */
const singleByte: number = pg.types.builtins.CHAR

/** Postgres' catalogue has columns of the type "char", which Prisma's adapter refuses and its engine asks for. */
class DescribingAdapter extends PrismaPg {
  constructor(pool: pg.Pool) {
    super(pool, { disposeExternalPool: false })
    this.#widen(pool)
  }

  /** Which columns of the latest result were of that type; the engine asks one thing at a time. */
  #single: readonly boolean[] = []

  #widen(pool: pg.Pool): void {
    const query = pool.query.bind(pool) as (...args: unknown[]) => Promise<pg.QueryResult>
    const widened = async (...args: unknown[]) => {
      const result = await query(...args)
      this.#single = result.fields.map(({ dataTypeID }) => dataTypeID === singleByte)
      for (const [index, field] of result.fields.entries()) {
        if (this.#single[index]) field.dataTypeID = pg.types.builtins.TEXT
      }
      return result
    }
    Object.assign(pool, { query: widened })
  }

  override async connect() {
    const adapter = await super.connect()
    const queryRaw = adapter.queryRaw.bind(adapter)
    adapter.queryRaw = async (query) => {
      const result = await queryRaw(query)
      const columnTypes = result.columnTypes.map((type, index) =>
        this.#single[index] ? ColumnTypeEnum.Character : type,
      )
      return { ...result, columnTypes }
    }
    return adapter
  }
}
