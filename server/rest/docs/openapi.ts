import * as z from 'zod'
import { writeAnswer } from '#http/answer.ts'
import type { RequestHandler } from '#http/request-context.ts'
import { errorSchema, type Operation, operations } from './operations.ts'

type Json = Readonly<Record<string, unknown>>

/** The description of REST in OpenAPI 3.1, made from the schemas that validate. */
export function openApiDocument(version: string): Json {
  const schemas = componentSchemas()
  const paths: Record<string, Record<string, Json>> = {}
  for (const operation of operations) {
    const item = (paths[operation.path] ??= {})
    item[operation.method] = operationObject(operation)
  }
  return {
    openapi: '3.1.0',
    info: {
      title: 'router',
      version,
      description: 'AI Orchestrator over REST. Its GraphQL API is at `/graphql`.',
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
    },
    paths,
    components: {
      schemas,
      securitySchemes: {
        token: {
          type: 'http',
          scheme: 'bearer',
          description: 'ROUTER_AUTH_TOKEN, where one is set.',
        },
      },
    },
  }
}

/** `GET /openapi.json`; made when it is first asked for. */
export function openApi(version: string): RequestHandler {
  let text: string | undefined
  return (_request, response) => {
    text ??= JSON.stringify(openApiDocument(version))
    writeAnswer(response, text)
  }
}

function operationObject({
  answers,
  body,
  description,
  method,
  open,
  parameters = [],
  path,
  summary,
}: Operation): Json {
  const responses = Object.entries(answers).map(
    ([status, { description: text, schema, type = 'application/json' }]) => {
      const content =
        schema || type !== 'application/json'
          ? { [type]: { schema: schema ? referenceTo(schema) : {} } }
          : undefined
      return [status, { description: text, ...(content && { content }) }]
    },
  )
  return {
    operationId: operationId(method, path),
    summary,
    ...(description !== undefined && { description }),
    security: open ? [] : [{ token: [] }],
    ...(parameters.length > 0 && {
      parameters: parameters.map((each) => ({
        ...each,
        required: each.in === 'path',
        schema: { type: 'string' },
      })),
    }),
    ...(body && {
      requestBody: {
        required: true,
        content: {
          'application/json': { schema: referenceTo(body.schema), example: body.example },
        },
      },
    }),
    responses: {
      ...Object.fromEntries(responses),
      default: {
        description: 'A refusal.',
        content: { 'application/json': { schema: referenceTo(errorSchema) } },
      },
    },
  }
}

/** `postV1ChatCompletions`. */
function operationId(method: string, path: string): string {
  const words = path.split(/[^a-z\d]+/i).filter((word) => word !== '')
  return (
    method +
    (words.length === 0
      ? 'Root'
      : words.map((word) => word[0]?.toUpperCase() + word.slice(1)).join(''))
  )
}

function referenceTo(schema: z.ZodType): Json {
  const { id } = z.globalRegistry.get(schema) ?? {}
  return id === undefined ? { type: 'object' } : { $ref: reference(id) }
}

function reference(id: string): string {
  return `#/components/schemas/${id}`
}

/** Every schema that has a name. */
function componentSchemas(): Json {
  const named = z.registry<{ id: string }>()
  const add = (schema: z.ZodType | undefined) => {
    const id = schema && z.globalRegistry.get(schema)?.id
    if (schema && id !== undefined && !named.has(schema))
      named.add(schema, { ...z.globalRegistry.get(schema), id })
  }
  add(errorSchema)
  for (const { answers, body } of operations) {
    add(body?.schema)
    for (const { schema } of Object.values(answers)) add(schema)
  }
  const { schemas } = z.toJSONSchema(named, {
    uri: reference,
    io: 'input',
    target: 'draft-2020-12',
  })
  const { [shared]: parts, ...whole } = schemas
  const all = { ...whole, ...parts?.$defs }
  const plain = Object.entries(all).map(([id, schema]) => [id, withoutIdentity(schema)] as const)
  const text = JSON.stringify(Object.fromEntries(plain.toSorted(([a], [b]) => (a < b ? -1 : 1))))
  return JSON.parse(text.replaceAll(`${reference(shared)}#/$defs/`, reference('')))
}

/** Where zod puts schemas that stand only inside others. */
const shared = '__shared'

/** Inside a document, a schema's own address would be taken for its base. */
function withoutIdentity(schema: object): Json {
  const { $schema: _dialect, $id: _address, id: _name, ...rest } = schema as Json
  return rest
}
