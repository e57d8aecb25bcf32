import { type AccessRole as Role, scopesOf } from '#domain/access-role.ts'
import { builder } from '../builder.ts'

export const AccessRole = builder.enumType('AccessRole', {
  description: 'A named set of scopes.',
  values: Object.keys(scopesOf) as Role[],
})
