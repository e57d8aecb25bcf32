import { isIP, SocketAddress } from 'node:net'
import type { Viewer } from '#domain/access.ts'
import type { AllowanceScope } from '#domain/allowance.ts'
import { issue, refuseIssues } from '#domain/allowance-draft.ts'
import { GatewayError } from '#domain/errors.ts'
import { reaches } from '#domain/key-grant.ts'
import type { Transaction } from './audit.ts'

/** A scope that exists, spelt as calls are looked up by, and whose it is. */
export interface OwnedScope {
  readonly tenantId: string
  /** Null where it is wider than a project, or beside all of them. */
  readonly projectId: string | null
  readonly scope: AllowanceScope
}

const uuid = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i

/**
 * Finds out whose a scope is. What is no node is of the viewer's tenant.
 *
 * @param hasProvider Whether a provider of that name is configured.
 * @throws {GatewayError} NOT_FOUND for nodes out of the viewer's reach, INVALID_REQUEST for what cannot be a scope.
 */
export async function ownedScope(
  tx: Transaction,
  scope: AllowanceScope,
  { viewer, hasProvider }: { viewer: Viewer; hasProvider: (name: string) => boolean },
): Promise<OwnedScope> {
  const { kind, value } = scope
  const own = (spelt: string) => ({
    tenantId: viewer.tenantId,
    projectId: null,
    scope: { kind, value: spelt },
  })
  switch (kind) {
    case 'TENANT':
    case 'PROJECT':
    case 'API_KEY':
      return nodeScope(tx, scope, viewer)
    case 'PROVIDER':
      if (!hasProvider(value)) refuseValue('must be the name or id of a configured provider')
      return own(value)
    case 'MODEL':
      return own(value.trim())
    case 'END_USER':
      // As calls have them.
      return own(value.normalize('NFC'))
    case 'CLIENT_IP':
      return own(canonicalAddress(value.trim()))
  }
}

/** @throws {GatewayError} FORBIDDEN where a key of one project reaches beyond it. */
export function refuseBeyondProject({ projectId }: OwnedScope, viewer: Viewer): void {
  if (viewer.projectId === null || viewer.projectId === projectId) return
  throw new GatewayError(
    'FORBIDDEN',
    'Your key is of one project: it can manage budgets and quotas of that project and its keys only.',
    { missingScopes: [] },
  )
}

async function nodeScope(
  tx: Transaction,
  { kind, value }: AllowanceScope,
  viewer: Viewer,
): Promise<OwnedScope> {
  const id = value.toLowerCase()
  if (!uuid.test(id)) refuseValue(`must be the id of ${nouns[kind]}`)
  const owner = await ownerOf(tx, { kind, value: id })
  if (!owner || !reaches(viewer, owner.tenantId))
    throw new GatewayError('NOT_FOUND', `There is no such ${nouns[kind]?.split(' ').at(-1)}.`)
  return { ...owner, scope: { kind, value: id } }
}

const nouns: Readonly<Record<string, string>> = {
  TENANT: 'a tenant',
  PROJECT: 'a project',
  API_KEY: 'an API key',
}

async function ownerOf(
  tx: Transaction,
  { kind, value: id }: AllowanceScope,
): Promise<Omit<OwnedScope, 'scope'> | null> {
  if (kind === 'TENANT') {
    const tenant = await tx.tenant.findUnique({ where: { id }, select: { id: true } })
    return tenant && { tenantId: tenant.id, projectId: null }
  }
  if (kind === 'PROJECT') {
    const project = await tx.project.findUnique({ where: { id }, select: { tenantId: true } })
    return project && { tenantId: project.tenantId, projectId: id }
  }
  const select = { tenantId: true, projectId: true }
  return tx.apiKey.findUnique({ where: { id }, select })
}

/** An address in the one spelling in which calls have it. */
function canonicalAddress(text: string): string {
  const family = isIP(text)
  if (family === 4) return text
  if (family === 0 || text.includes('%')) refuseValue('must be an IPv4 or IPv6 address')
  const { address } = new SocketAddress({ address: text, family: 'ipv6' })
  return address.startsWith('::ffff:') ? address.slice('::ffff:'.length) : address
}

function refuseValue(message: string): never {
  refuseIssues([issue('scope.value', message)])
  throw new TypeError('an issue was not refused')
}
