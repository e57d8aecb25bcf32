import type { ScopeKind as Kind } from '#domain/allowance.ts'
import type { AllowanceState } from '#domain/allowance-state.ts'
import { builder } from '../builder.ts'
import { scopeValue } from '../scope-value.ts'

const kinds: Readonly<Record<Kind, true>> = {
  TENANT: true,
  PROJECT: true,
  API_KEY: true,
  PROVIDER: true,
  MODEL: true,
  END_USER: true,
  CLIENT_IP: true,
}

/** The end user and the model are named by text; all others by node. */
const ScopeKind = builder.enumType('ScopeKind', {
  description: 'The end user and the model are named by text; all others by node.',
  values: Object.keys(kinds) as Kind[],
})

export const ScopeInput = builder.inputType('ScopeInput', {
  fields: (t) => ({
    kind: t.field({ type: ScopeKind, required: true }),
    value: t.string({ required: true }),
  }),
})

/** Of a budget or a quota. */
export const Scope = builder.objectRef<AllowanceState>('Scope').implement({
  fields: (t) => ({
    kind: t.field({ type: ScopeKind, resolve: ({ allowance }) => allowance.scope.kind }),
    value: t.string({ resolve: ({ allowance }) => scopeValue(allowance.scope) }),
    label: t.exposeString('label'),
  }),
})
