import {
  type DocumentNode,
  type FieldNode,
  type FragmentDefinitionNode,
  getNamedType,
  type GraphQLOutputType,
  type GraphQLSchema,
  isCompositeType,
  isInterfaceType,
  isListType,
  isNonNullType,
  isObjectType,
  Kind,
  type OperationDefinitionNode,
  type SelectionSetNode,
} from 'graphql'

/** How many values a list without a size argument is taken to have. */
const usualSize = 10
/** How many a connection brings that is not told how many. */
const usualPage = 50
/** The largest page: no variable can ask for more. */
const largestSize = 500
/** What a field costs that sums over many rows. */
const reportCost = 500
const reports = new Set(['usage', 'errorGroups', 'requestFacets'])
/** Arguments that say how many values are wanted. */
export const sizeArguments: ReadonlySet<string> = new Set(['first', 'last', 'limit', 'ids'])

/** The values that variables have; undefined while they have none. */
export type Variables = Readonly<Record<string, unknown>> | undefined

/** How much of everything an operation has, its fragments included. Introspection does not count. */
export interface Measure {
  readonly depth: number
  readonly aliases: number
  readonly directives: number
  /** About how many values are resolved. */
  readonly cost: number
}

const nothing: Measure = { depth: 0, aliases: 0, directives: 0, cost: 0 }

/** Measures one operation. */
export function measureOperation(
  schema: GraphQLSchema,
  {
    document,
    operation,
    variables,
  }: { document: DocumentNode; operation: OperationDefinitionNode; variables?: Variables },
): Measure {
  return new Ruler(schema, { document, variables }).operation(operation)
}

/** Measures selections; a fragment once, however often it is spread. */
class Ruler {
  readonly #schema: GraphQLSchema
  readonly #fragments: ReadonlyMap<string, FragmentDefinitionNode>
  readonly #measured = new Map<string, Measure>()
  readonly #variables: Variables

  constructor(
    schema: GraphQLSchema,
    { document, variables }: { document: DocumentNode; variables: Variables },
  ) {
    this.#schema = schema
    this.#variables = variables
    this.#fragments = new Map(
      document.definitions.flatMap((node) =>
        node.kind === Kind.FRAGMENT_DEFINITION ? [[node.name.value, node]] : [],
      ),
    )
  }

  operation({ operation, selectionSet, directives = [] }: OperationDefinitionNode): Measure {
    const type = this.#schema.getRootType(operation)
    return sum([
      this.#selections(selectionSet, type?.name),
      { ...nothing, directives: directives.length },
    ])
  }

  #selections({ selections }: SelectionSetNode, typeName: string | undefined): Measure {
    return sum(
      selections.map((node) => {
        const own = { ...nothing, directives: node.directives?.length ?? 0 }
        if (node.kind === Kind.FIELD) return sum([own, this.#field(node, typeName)])
        if (node.kind === Kind.FRAGMENT_SPREAD) return sum([own, this.#fragment(node.name.value)])
        return sum([
          own,
          this.#selections(node.selectionSet, node.typeCondition?.name.value ?? typeName),
        ])
      }),
    )
  }

  #field(node: FieldNode, typeName: string | undefined): Measure {
    const name = node.name.value
    const aliases = node.alias ? 1 : 0
    if (name.startsWith('__')) return { ...nothing, aliases }
    const type = this.#typeOf(name, typeName)
    const inner = node.selectionSet
      ? this.#selections(node.selectionSet, type && getNamedType(type).name)
      : nothing
    const times = sizeOf(node, { type, variables: this.#variables })
    return {
      depth: inner.depth + 1,
      aliases: inner.aliases + aliases,
      directives: inner.directives,
      cost: (reports.has(name) ? reportCost : 1) + inner.cost * times,
    }
  }

  #typeOf(name: string, typeName: string | undefined): GraphQLOutputType | undefined {
    const parent = typeName === undefined ? undefined : this.#schema.getType(typeName)
    return isObjectType(parent) || isInterfaceType(parent)
      ? parent.getFields()[name]?.type
      : undefined
  }

  #fragment(name: string): Measure {
    const known = this.#measured.get(name)
    if (known) return known
    const fragment = this.#fragments.get(name)
    if (!fragment) return nothing
    // A cycle is another rule's error; here it must only end.
    this.#measured.set(name, nothing)
    const measure = this.#selections(fragment.selectionSet, fragment.typeCondition.name.value)
    this.#measured.set(name, measure)
    return measure
  }
}

function sum(parts: readonly Measure[]): Measure {
  return parts.reduce(
    (all, part) => ({
      depth: Math.max(all.depth, part.depth),
      aliases: all.aliases + part.aliases,
      directives: all.directives + part.directives,
      cost: all.cost + part.cost,
    }),
    nothing,
  )
}

/**
 * How many values a field may bring. A connection is counted where its size is asked for, not again at its edges; a
 * variable without a value counts once.
 */
function sizeOf(
  { arguments: given = [], name }: FieldNode,
  { type, variables }: { type: GraphQLOutputType | undefined; variables: Variables },
): number {
  for (const { name: argument, value } of given) {
    if (!sizeArguments.has(argument.value)) continue
    if (value.kind === Kind.INT) return Math.max(1, Number(value.value))
    if (value.kind === Kind.LIST) return Math.max(1, value.values.length)
    if (value.kind === Kind.VARIABLE) return sizeIn(variables, value.name.value)
  }
  if (!type || !isListed(type)) return isConnection(type) ? usualPage : 1
  return name.value === 'edges' || !isCompositeType(getNamedType(type)) ? 1 : usualSize
}

function sizeIn(variables: Variables, name: string): number {
  if (!variables) return 1
  const value = variables[name]
  if (Array.isArray(value)) return Math.max(1, value.length)
  return typeof value === 'number' ? Math.min(Math.max(1, value), largestSize) : usualPage
}

function isListed(type: GraphQLOutputType): boolean {
  return isListType(isNonNullType(type) ? type.ofType : type)
}

function isConnection(type: GraphQLOutputType | undefined): boolean {
  return type !== undefined && getNamedType(type).name.endsWith('Connection')
}
