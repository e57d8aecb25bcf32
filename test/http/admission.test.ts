import { afterEach, describe, expect, it } from 'vitest'
import { administrator, type Viewer } from '#domain/access.ts'
import type { Authenticate } from '#http/admission.ts'
import type { Route } from '#http/route-table.ts'
import { openDoor, type RestDoor } from '#test/support/rest-door.ts'

const doors: RestDoor[] = []
afterEach(async () => {
  for (const door of doors.splice(0)) await door.close()
})

const admin = administrator({ apiKeyId: null, displayName: 'admin' })

async function statusAs(
  viewer: Partial<Viewer>,
  route: Partial<Route>,
  authenticate: Authenticate = () => ({ ...admin, ...viewer }),
): Promise<number> {
  const path = '/thing'
  const methods: Route['methods'] = { GET: (_request, response) => void response.end('done') }
  const door = await openDoor({
    routes: [{ path, access: 'token', methods, ...route }],
    http: { authenticate },
  })
  doors.push(door)
  return (await fetch(`${door.origin}${path}`)).status
}

describe('a route', () => {
  it.each<[string, Partial<Viewer>, Partial<Route>, number]>([
    ['lets in who has its scope', { scopes: new Set(['read']) }, { needs: 'read' }, 200],
    ['lets in administrators', { scopes: new Set(['admin']) }, { needs: 'manage-config' }, 200],
    [
      'keeps out who lacks its scope',
      { scopes: new Set(['read']) },
      { needs: 'manage-config' },
      403,
    ],
    [
      'of the installation keeps out other tenants',
      { tenantId: 'other' },
      { ofInstallation: true },
      403,
    ],
    [
      'of the installation keeps out who belongs to a project',
      { projectId: 'p' },
      { ofInstallation: true },
      403,
    ],
    ['of the installation lets in the default tenant', {}, { ofInstallation: true }, 200],
  ])('%s', async (_sentence, viewer, route, status) => {
    expect(await statusAs(viewer, route)).toBe(status)
  })

  it('waits for a viewer who has to be read first', async () => {
    expect(await statusAs({}, {}, async () => admin)).toBe(200)
  })

  it('is closed to a viewer who was read in vain', async () => {
    const refuse: Authenticate = async () => {
      throw new TypeError('inside')
    }
    expect(await statusAs({}, {}, refuse)).toBe(500)
  })
})
