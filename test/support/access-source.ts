import type { AccessSource } from '#graphql/access-source.ts'

const unchangeable = async (): Promise<never> => {
  throw new Error('this test changes nobody’s access')
}

/** For tests that change no tenant, project or key. */
export const noAccessSource: AccessSource = {
  tenants: { create: unchangeable, update: unchangeable },
  projects: { create: unchangeable },
  apiKeys: {
    create: unchangeable,
    update: unchangeable,
    rotate: unchangeable,
    revoke: unchangeable,
  },
}
