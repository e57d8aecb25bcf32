import { administrator, type Viewer } from '#domain/access.ts'
import type { NewApiKey } from '#domain/access-input.ts'
import { parseKeyToken, type StoredKey } from '#domain/api-key.ts'
import type { Changer } from '#domain/audit.ts'
import { createKeySecrets } from '#auth/key-secrets.ts'
import { type ApiKeys, createApiKeys } from '#store/api-keys.ts'
import { readTenancy } from '#store/bootstrap-key.ts'
import { type KeyRows, openKeyRows } from '#store/key-rows.ts'
import { createPrisma } from '#store/prisma.ts'
import { createProjects } from '#store/projects.ts'
import { createTenants } from '#store/tenants.ts'
import { createDatabase } from './postgres.ts'
import { sql } from './store.ts'

const operator = administrator({ apiKeyId: null, displayName: 'local' })

export const by = (viewer: Viewer = operator): Changer => ({ viewer, ip: '10.0.0.1' })

/** The code with which a change was refused; undefined where it was made. */
export const codeOf = (change: Promise<unknown>): Promise<string | undefined> =>
  change.then(
    () => undefined,
    (error: { code?: string }) => error.code,
  )

/** Keys on a database of their own, with a tenant and a project for them. */
export interface KeyDesk {
  readonly url: string
  readonly keys: ApiKeys
  /** Keys as a replica with another secret makes them. */
  readonly foreign: ApiKeys
  readonly rows: KeyRows
  readonly acme: string
  readonly project: string
  /** A key of Acme, but for what is given. */
  wanted(over?: Partial<NewApiKey>): NewApiKey
  /** An administrator of Acme, but for what is given. */
  acmeAdmin(over?: Partial<Viewer>): Viewer
  /** What is stored of a key, and the hash of the secret that is shown. */
  stored(secret: string): Promise<{ readonly row: StoredKey | undefined; readonly hash: string }>
  close(): Promise<void>
}

export async function openKeyDesk(): Promise<KeyDesk> {
  const { url, drop } = await createDatabase()
  await readTenancy(url, { withBootstrapKey: true })
  await sql(url, `update installation set secret_fingerprint = 'ours'`)
  const prisma = createPrisma(url)
  const rows = openKeyRows(url)
  const secrets = { ...createKeySecrets(Buffer.from('pepper')), fingerprint: 'ours' }
  const tenant = { slug: 'acme', name: 'Acme', reportingTimeZone: 'Europe/Berlin' }
  const { id: acme } = await createTenants(prisma).create(tenant, by())
  const named = { tenantId: acme, slug: 'search', name: 'Search' }
  const { id: project } = await createProjects(prisma).create(named, by())
  return {
    url,
    keys: createApiKeys(prisma, secrets),
    foreign: createApiKeys(prisma, { ...secrets, fingerprint: 'theirs' }),
    rows,
    acme,
    project,
    wanted: (over = {}) => ({
      name: 'team',
      tenantId: acme,
      projectId: null,
      role: 'CALLER',
      allowedModels: [],
      priority: 'NORMAL',
      expiresAt: null,
      ...over,
    }),
    acmeAdmin: (over = {}) => ({
      ...operator,
      tenantId: acme,
      runsInstallation: false,
      ...over,
    }),
    async stored(secret) {
      const token = parseKeyToken(secret)
      const [row] = await rows.read([token?.publicId ?? ''])
      return { row, hash: secrets.hashOf(token?.secret ?? '') }
    },
    async close() {
      await rows.close()
      await prisma.$disconnect()
      await drop()
    },
  }
}
