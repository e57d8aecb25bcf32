import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join, resolve } from 'node:path'
import type { PrismaPg } from '@prisma/adapter-pg'
import { bindMigrationAwareSqlAdapterFactory } from '@prisma/driver-adapter-utils'
import type { SchemaEngine } from '@prisma/schema-engine-wasm/schema_engine_bg'

type EngineModule = typeof import('@prisma/schema-engine-wasm/schema_engine_bg')

export const prismaFolder = resolve(import.meta.dirname, '../../prisma')

/** The text of schema.prisma, as the engine wants it. */
export function schemaFiles(): [path: string, content: string][] {
  return [['schema.prisma', readFileSync(join(prismaFolder, 'schema.prisma'), 'utf8')]]
}

/** A module of JavaScript holds its memory: a second instance would read the first one's. */
let loading: Promise<EngineModule> | undefined

/** Prisma's own migration engine, as WebAssembly, on the database that `factory` connects to. */
export async function openSchemaEngine(factory: PrismaPg): Promise<SchemaEngine> {
  loading ??= loadEngine()
  const { SchemaEngine } = await loading
  const adapter = bindMigrationAwareSqlAdapterFactory(factory)
  return SchemaEngine.new({ datamodels: schemaFiles() }, () => {}, adapter)
}

/** The package's own entry imports its wasm as a module, which Node does only behind a flag; so it is loaded by hand. */
async function loadEngine(): Promise<EngineModule> {
  const engine: EngineModule & { __wbg_set_wasm(exports: WebAssembly.Exports): void } =
    await import('@prisma/schema-engine-wasm/schema_engine_bg')
  const entry = createRequire(import.meta.url).resolve('@prisma/schema-engine-wasm')
  const wasm = await WebAssembly.compile(readFileSync(join(entry, '../schema_engine_bg.wasm')))
  const imports = { './schema_engine_bg.js': engine as unknown as WebAssembly.ModuleImports }
  const { exports } = await WebAssembly.instantiate(wasm, imports)
  engine.__wbg_set_wasm(exports)
  const start = exports['__wbindgen_start']
  if (typeof start === 'function') start()
  return engine
}
