import type { CataloguedModel, ModelCapability as Capability } from '#domain/catalogued-model.ts'
import { builder } from '../builder.ts'
import type { GraphqlContext, Services } from '../context.ts'
import { type Connection, pageOf } from '../page.ts'
import { ModelPrice } from './model-price.ts'
import { ProviderRef } from './provider-ref.ts'

const ModelCapability = builder.enumType('ModelCapability', {
  values: [
    'STREAMING',
    'TOOLS',
    'VISION',
    'AUDIO',
    'JSON_SCHEMA',
    'REASONING',
    'WEB_SEARCH',
    'EMBEDDINGS',
  ] as const,
})

const slugOf = ({ providerName, id }: CataloguedModel): string => `${providerName}:${id}`

const Model = builder.node(builder.objectRef<CataloguedModel>('Model'), {
  id: { resolve: slugOf },
  loadManyWithoutCache: async (slugs, { services }: GraphqlContext) => {
    const bySlug = new Map(
      (await services.providers.models()).map((model) => [slugOf(model), model]),
    )
    return slugs.map((slug) => bySlug.get(slug) ?? null)
  },
  fields: (t) => ({
    slug: t.string({ description: 'provider:model', resolve: slugOf }),
    provider: t.field({
      type: ProviderRef,
      resolve: ({ providerName }, _args, { services }) => {
        const provider = services.providers.find(providerName)
        if (!provider) throw new Error(`model of unknown provider ${providerName}`)
        return provider
      },
    }),
    contextWindow: t.exposeInt('contextWindow', { nullable: true }),
    maxOutputTokens: t.exposeInt('maxOutputTokens', { nullable: true }),
    capabilities: t.field({
      type: [ModelCapability],
      resolve: ({ capabilities }) => [...capabilities],
    }),
    price: t.expose('price', { type: ModelPrice, nullable: true }),
    aliases: t.stringList({ resolve: ({ aliases }) => [...aliases] }),
    available: t.exposeBoolean('available'),
  }),
})

const ModelEdge = builder
  .objectRef<Connection<CataloguedModel>['edges'][number]>('ModelEdge')
  .implement({
    fields: (t) => ({ cursor: t.exposeString('cursor'), node: t.expose('node', { type: Model }) }),
  })

export const ModelConnection = builder
  .objectRef<Connection<CataloguedModel>>('ModelConnection')
  .implement({
    fields: (t) => ({
      edges: t.field({ type: [ModelEdge], resolve: ({ edges }) => [...edges] }),
      pageInfo: t.expose('pageInfo', { type: builder.pageInfoRef() }),
      totalCount: t.exposeInt('totalCount'),
    }),
  })

interface ModelChoice {
  readonly first?: number | null
  readonly after?: string | null
  /** A part of the slug or of an alias; case does not matter. */
  readonly search?: string | null
  readonly provider?: string | null
  /** All of these. */
  readonly capability?: readonly Capability[] | null
}

/** The models that fit, in the catalogue's order. */
export async function modelConnection(
  { providers }: Services,
  { search, provider, capability, ...page }: ModelChoice,
): Promise<Connection<CataloguedModel>> {
  const wanted = search?.trim().toLowerCase() ?? ''
  const fitting = (await providers.models()).filter(
    (model) =>
      (!provider || model.providerName === provider) &&
      [slugOf(model), ...model.aliases].some((name) => name.toLowerCase().includes(wanted)) &&
      (capability ?? []).every((each) => model.capabilities.includes(each)),
  )
  return pageOf(fitting, { ...page, nameOf: slugOf })
}

builder.queryField('models', (t) =>
  t.field({
    type: ModelConnection,
    args: {
      first: t.arg.int(),
      after: t.arg.string(),
      search: t.arg.string(),
      provider: t.arg.string(),
      capability: t.arg({ type: [ModelCapability] }),
    },
    resolve: (_root, args, { services }) => modelConnection(services, args),
  }),
)
