import { ForbiddenError, NotFoundError, ValidationError } from '../api-error.ts'
import type { IssuedKey } from '../access-source.ts'
import { builder } from '../builder.ts'
import { changerOf } from '../changed-allowance.ts'
import { idOfType } from '../global-id.ts'
import { refusable } from '../refusable.ts'
import type { ApiKey as Row } from '#generated/prisma/client.ts'
import { AccessRole } from './access-role.ts'
import { ApiKey } from './api-key.ts'
import { NodeIdInput } from './delete-result.ts'
import { Priority } from './priority.ts'

const CreateApiKeyInput = builder.inputType('CreateApiKeyInput', {
  fields: (t) => ({
    name: t.string({ required: true }),
    tenantId: t.id({ required: true }),
    projectId: t.id(),
    role: t.field({ type: AccessRole, required: true, defaultValue: 'CALLER' }),
    allowedModels: t.stringList(),
    priority: t.field({ type: Priority }),
    expiresAt: t.field({ type: 'DateTime' }),
  }),
})

const UpdateApiKeyInput = builder.inputType('UpdateApiKeyInput', {
  description: 'What is left out stays as it is; null as `expiresAt` means never.',
  fields: (t) => ({
    id: t.id({ required: true }),
    name: t.string(),
    role: t.field({ type: AccessRole }),
    allowedModels: t.stringList(),
    priority: t.field({ type: Priority }),
    expiresAt: t.field({ type: 'DateTime' }),
  }),
})

const RotateApiKeyInput = builder.inputType('RotateApiKeyInput', {
  fields: (t) => ({
    id: t.id({ required: true }),
    graceSeconds: t.int({
      required: true,
      defaultValue: 0,
      description: 'How long the old secret keeps working.',
    }),
  }),
})

const ApiKeySuccess = builder
  .objectRef<{ readonly apiKey: Row }>('ApiKeySuccess')
  .implement({ fields: (t) => ({ apiKey: t.expose('apiKey', { type: ApiKey }) }) })

const ApiKeySecretSuccess = builder.objectRef<IssuedKey>('ApiKeySecretSuccess').implement({
  fields: (t) => ({
    apiKey: t.expose('apiKey', { type: ApiKey }),
    secret: t.exposeString('secret', { description: 'Shown this once.' }),
  }),
})

const refusals = [ValidationError, NotFoundError, ForbiddenError] as const

const ApiKeyResult = builder.errorUnion('ApiKeyResult', {
  types: [ApiKeySuccess, ...refusals],
  resolveType: () => 'ApiKeySuccess',
})

const ApiKeySecretResult = builder.errorUnion('ApiKeySecretResult', {
  types: [ApiKeySecretSuccess, ...refusals],
  resolveType: () => 'ApiKeySecretSuccess',
})

const manages = { authScopes: { may: 'manage-keys' }, skipTypeScopes: true } as const

builder.mutationFields((t) => ({
  createApiKey: t.field({
    ...manages,
    type: ApiKeySecretResult,
    args: { input: t.arg({ type: CreateApiKeyInput, required: true }) },
    resolve: (_root, { input }, context) =>
      refusable(context, () => {
        const { name, role, projectId, allowedModels, priority, expiresAt } = input
        const wanted = {
          name,
          role,
          tenantId: idOfType('Tenant', input.tenantId),
          projectId: projectId ? idOfType('Project', projectId) : null,
          allowedModels: allowedModels ?? [],
          priority: priority ?? 'NORMAL',
          expiresAt: expiresAt ?? null,
        }
        return context.services.access.apiKeys.create(wanted, changerOf(context))
      }),
  }),
  updateApiKey: t.field({
    ...manages,
    type: ApiKeyResult,
    args: { input: t.arg({ type: UpdateApiKeyInput, required: true }) },
    resolve: (_root, { input }, context) =>
      refusable(context, async () => {
        const { name, role, allowedModels, priority, expiresAt } = input
        const patch = {
          ...(typeof name === 'string' && { name }),
          ...(role && { role }),
          ...(allowedModels && { allowedModels }),
          ...(priority && { priority }),
          ...(expiresAt !== undefined && { expiresAt }),
        }
        const change = { patch, by: changerOf(context) }
        const id = idOfType('ApiKey', input.id)
        return { apiKey: await context.services.access.apiKeys.update(id, change) }
      }),
  }),
  rotateApiKey: t.field({
    ...manages,
    type: ApiKeySecretResult,
    args: { input: t.arg({ type: RotateApiKeyInput, required: true }) },
    resolve: (_root, { input: { id, graceSeconds } }, context) =>
      refusable(context, () =>
        context.services.access.apiKeys.rotate(idOfType('ApiKey', id), {
          graceSeconds,
          by: changerOf(context),
        }),
      ),
  }),
  revokeApiKey: t.field({
    ...manages,
    type: ApiKeyResult,
    args: { input: t.arg({ type: NodeIdInput, required: true }) },
    resolve: (_root, { input }, context) =>
      refusable(context, async () => {
        const id = idOfType('ApiKey', input.id)
        return { apiKey: await context.services.access.apiKeys.revoke(id, changerOf(context)) }
      }),
  }),
}))
