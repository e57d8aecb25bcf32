import type { Viewer } from '#domain/access.ts'
import type { CataloguedModel } from '#domain/catalogued-model.ts'
import { GatewayError } from '#domain/errors.ts'
import { formatUsd } from '#domain/money.ts'
import { writeJson } from '#http/answer.ts'
import type { RequestHandler } from '#http/request-context.ts'

/** A model that can be asked for. */
export interface OfferedModel {
  /** `provider:model`. */
  readonly id: string
  readonly ownedBy: string
  /** What is known of it; absent with a v0.7.2 file, whose clients know these two fields alone. */
  readonly known?: KnownModel | undefined
}

type KnownModel = Pick<
  CataloguedModel,
  'aliases' | 'available' | 'capabilities' | 'contextWindow' | 'maxOutputTokens' | 'price'
>

/** All models, in the order of the configuration. A provider that fails contributes nothing, and harms nobody. */
export type OfferedModels = (viewer: Viewer) => Promise<readonly OfferedModel[]>

const below = '/v1/models/'

/** `GET /v1/models`. */
export function listModels(models: OfferedModels): RequestHandler {
  return async (_request, response, { viewer }) => {
    const data = (await models(viewer)).map((model) => document(model))
    writeJson(response, { object: 'list', data })
  }
}

/** `GET /v1/models/{id}`; the id may hold slashes, escaped or not. */
export function oneModel(models: OfferedModels): RequestHandler {
  return async ({ url = '' }, response, { viewer }) => {
    const id = decodeId(url.replace(/\?.*$/s, '').slice(below.length))
    const model = (await models(viewer)).find((each) => each.id === id)
    if (!model)
      throw new GatewayError(
        'MODEL_NOT_FOUND',
        `There is no model ${id}; GET /v1/models lists them.`,
      )
    writeJson(response, document(model))
  }
}

function document({ id, known, ownedBy }: OfferedModel): Readonly<Record<string, unknown>> {
  return { id, object: 'model', owned_by: ownedBy, ...(known && knownFields(known)) }
}

/** Prices are decimal strings in US dollars per million tokens; what nobody knows is null. */
function knownFields({ price, ...model }: KnownModel): Readonly<Record<string, unknown>> {
  return {
    context_window: model.contextWindow,
    max_output_tokens: model.maxOutputTokens,
    capabilities: model.capabilities.map((each) => each.toLowerCase()),
    price: price && { input: formatUsd(price.input), output: formatUsd(price.output) },
    aliases: model.aliases,
    available: model.available,
  }
}

function decodeId(escaped: string): string {
  try {
    return decodeURIComponent(escaped)
  } catch {
    throw new GatewayError('INVALID_REQUEST', 'The model id in the path has a broken escape.')
  }
}
