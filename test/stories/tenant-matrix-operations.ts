import {
  type GraphQLField,
  type GraphQLSchema,
  getNamedType,
  isInterfaceType,
  parse,
  validate,
} from 'graphql'
import { limitsRule } from '#graphql/limits.ts'
import { foreignValues, harmlessValue } from './tenant-matrix-arguments.ts'
import { fieldText, selectionOf, Variables } from './tenant-matrix-selection.ts'
import type { MatrixValues } from './tenant-matrix-values.ts'

/** One operation that asks for, or does something to, what is A's. */
export interface MatrixOperation {
  /** The field of the root, or the type and field of a node. */
  readonly field: string
  /** Which argument holds what of A's. */
  readonly label: string
  readonly query: string
  readonly variables: Readonly<Record<string, unknown>>
}

type Kind = 'query' | 'mutation' | 'subscription'

interface Generating {
  readonly schema: GraphQLSchema
  readonly values: MatrixValues
}

const deepest = 5

/** Every field of a root, with nothing of A's in its arguments, and with each thing of A's wherever it fits. */
export function rootOperations(kind: Kind, generating: Generating): readonly MatrixOperation[] {
  const { schema, values } = generating
  const roots = {
    query: schema.getQueryType(),
    mutation: schema.getMutationType(),
    subscription: schema.getSubscriptionType(),
  }
  return Object.values(roots[kind]?.getFields() ?? {}).flatMap((field) => {
    const needed = (whole: boolean) =>
      field.args
        .filter(
          ({ type, defaultValue }) => String(type).endsWith('!') && defaultValue === undefined,
        )
        .map(({ name, type }) => [name, harmlessValue(type, { name, values, whole })])
    const plain = { label: 'nothing', args: Object.fromEntries(needed(false)) as object }
    const filled = (whole: boolean) =>
      field.args.flatMap(({ name, type }) =>
        foreignValues(type, { name, values, whole }).map(({ label, value }) => ({
          label: `${name} ${label}${whole ? ', in whole' : ''}`,
          args: { ...(Object.fromEntries(needed(whole)) as object), [name]: value },
        })),
      )
    const all = [plain, ...filled(false), ...(kind === 'mutation' ? filled(true) : [])]
    return all.map(({ label, args }) => rootOperation(kind, { field, label, args, ...generating }))
  })
}

function rootOperation(
  kind: Kind,
  {
    args,
    field,
    label,
    schema,
    values,
  }: Generating & { field: GraphQLField<unknown, unknown>; label: string; args: object },
): MatrixOperation {
  return withinLimits(schema, (depth) => {
    const variables = new Variables()
    const given = Object.entries(args).map(([name, value]) => {
      const type = field.args.find((arg) => arg.name === name)?.type
      return `${name}: ${variables.add(String(type), value)}`
    })
    const selection = selectionOf(getNamedType(field.type), { schema, variables, values, depth })
    const call = given.length > 0 ? `(${given.join(', ')})` : ''
    const query = `${kind} ${variables.declaration} { ${field.name}${call} ${selection} }`
    return { field: field.name, label, query, variables: variables.values }
  })
}

/** Every field of every type that has ids, reached by its id. */
export function nodeOperations(
  generating: Generating,
  { ids, label }: { ids: Readonly<Record<string, string>>; label: string },
): readonly MatrixOperation[] {
  const { schema, values } = generating
  const node = schema.getType('Node')
  if (!isInterfaceType(node)) throw new TypeError('a schema without nodes')
  return schema.getPossibleTypes(node).flatMap((type) => {
    const id = ids[type.name]
    if (id === undefined) return []
    return Object.values(type.getFields()).map((field) =>
      withinLimits(schema, (depth) => {
        const variables = new Variables()
        const name = variables.add('ID!', id)
        const above = [type.name]
        const text = fieldText(field, { schema, variables, values, depth: depth - 1, above })
        const inner = text || '__typename'
        const query = `query ${variables.declaration} { node(id: ${name}) { ... on ${type.name} { ${inner} } } }`
        return { field: `${type.name}.${field.name}`, label, query, variables: variables.values }
      }),
    )
  })
}

/** Types that have ids, by name. */
export function nodeTypes(schema: GraphQLSchema): readonly string[] {
  const node = schema.getType('Node')
  return isInterfaceType(node) ? schema.getPossibleTypes(node).map(({ name }) => name) : []
}

/** The deepest selection that the product takes. */
function withinLimits(
  schema: GraphQLSchema,
  make: (depth: number) => MatrixOperation,
): MatrixOperation {
  for (let depth = deepest; depth > 0; depth--) {
    const made = make(depth)
    if (fits(schema, made.query)) return made
  }
  throw new Error(`no selection of ${make(1).field} is small enough: ${make(1).query}`)
}

function fits(schema: GraphQLSchema, query: string): boolean {
  try {
    return validate(schema, parse(query, { maxTokens: 1000 }), [limitsRule]).length === 0
  } catch {
    return false
  }
}
