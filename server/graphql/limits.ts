import {
  type ASTVisitor,
  type DocumentNode,
  type FieldNode,
  type FragmentDefinitionNode,
  getNamedType,
  GraphQLError,
  type GraphQLOutputType,
  type GraphQLSchema,
  isCompositeType,
  isInterfaceType,
  isListType,
  isNonNullType,
  isObjectType,
  Kind,
  type OperationDefinitionNode,
  parse,
  type SelectionSetNode,
  type ValidationContext,
} from 'graphql'

/** What an operation may have at most. */
export const limits = { tokens: 1000, depth: 12, aliases: 15, directives: 5, cost: 100_000 } as const

/** How many values a list without a size argument is taken to have. */
const usualSize = 10
/** How many a list has whose size is a variable: the largest page. */
const largestSize = 500
/** What a field costs that sums over many rows. */
const reportCost = 500
const reports = new Set(['usage', 'errorGroups', 'requestFacets'])
const sizeArguments = new Set(['first', 'last', 'limit', 'ids'])

/** @throws {GraphQLError} For syntax errors and texts of more than 1,000 tokens. */
export function parseWithinLimits(text: string): DocumentNode {
  return parse(text, { maxTokens: limits.tokens })
}

interface Measure {
  readonly depth: number
  readonly aliases: number
  readonly directives: number
  readonly cost: number
}

const nothing: Measure = { depth: 0, aliases: 0, directives: 0, cost: 0 }

/**
 * A validation rule: refuses operations that are too deep, have too many aliases or directives, or would cost too much,
 * fragments included. Introspection does not count: GraphiQL's own query is deeper.
 */
export function limitsRule(context: ValidationContext): ASTVisitor {
  const measured = new Map<string, Measure>()
  const fragments = new Map(
    context.getDocument().definitions.flatMap((node) => (node.kind === Kind.FRAGMENT_DEFINITION ? [[node.name.value, node]] : [])),
  )
  return {
    OperationDefinition(operation) {
      const ruler = new Ruler(context.getSchema(), { fragments, measured })
      const measure = ruler.operation(operation)
      for (const name of ['depth', 'aliases', 'directives', 'cost'] as const) {
        if (measure[name] <= limits[name]) continue
        const message = `The operation has a ${name} of ${Math.ceil(measure[name])}; at most ${limits[name]} is allowed.`
        context.reportError(new GraphQLError(message, { nodes: operation }))
      }
      return false
    },
  }
}

/** Measures selections; a fragment once, however often it is spread. */
class Ruler {
  readonly #schema: GraphQLSchema
  readonly #fragments: ReadonlyMap<string, FragmentDefinitionNode>
  readonly #measured: Map<string, Measure>

  constructor(
    schema: GraphQLSchema,
    { fragments, measured }: { fragments: ReadonlyMap<string, FragmentDefinitionNode>; measured: Map<string, Measure> },
  ) {
    this.#schema = schema
    this.#fragments = fragments
    this.#measured = measured
  }

  operation({ operation, selectionSet, directives = [] }: OperationDefinitionNode): Measure {
    const type = this.#schema.getRootType(operation)
    return sum([this.#selections(selectionSet, type?.name), { ...nothing, directives: directives.length }])
  }

  #selections({ selections }: SelectionSetNode, typeName: string | undefined): Measure {
    return sum(
      selections.map((node) => {
        const own = { ...nothing, directives: node.directives?.length ?? 0 }
        if (node.kind === Kind.FIELD) return sum([own, this.#field(node, typeName)])
        if (node.kind === Kind.FRAGMENT_SPREAD) return sum([own, this.#fragment(node.name.value)])
        return sum([own, this.#selections(node.selectionSet, node.typeCondition?.name.value ?? typeName)])
      }),
    )
  }

  #field(node: FieldNode, typeName: string | undefined): Measure {
    const name = node.name.value
    const aliases = node.alias ? 1 : 0
    if (name.startsWith('__')) return { ...nothing, aliases }
    const type = this.#typeOf(name, typeName)
    const inner = node.selectionSet ? this.#selections(node.selectionSet, type && getNamedType(type).name) : nothing
    const times = sizeOf(node, type)
    return {
      depth: inner.depth + 1,
      aliases: inner.aliases + aliases,
      directives: inner.directives,
      cost: (reports.has(name) ? reportCost : 1) + inner.cost * times,
    }
  }

  #typeOf(name: string, typeName: string | undefined): GraphQLOutputType | undefined {
    const parent = typeName === undefined ? undefined : this.#schema.getType(typeName)
    return isObjectType(parent) || isInterfaceType(parent) ? parent.getFields()[name]?.type : undefined
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

/** How many values a field may bring. A connection is counted where its size is asked for, not again at its edges. */
function sizeOf({ arguments: given = [], name }: FieldNode, type: GraphQLOutputType | undefined): number {
  const sizes = given.filter(({ name: argument }) => sizeArguments.has(argument.value))
  for (const { value } of sizes) {
    if (value.kind === Kind.INT) return Math.max(1, Number(value.value))
    if (value.kind === Kind.LIST) return Math.max(1, value.values.length)
    if (value.kind === Kind.VARIABLE) return largestSize
  }
  if (!type || !isListed(type)) return isConnection(type) ? 50 : 1
  return name.value === 'edges' || !isCompositeType(getNamedType(type)) ? 1 : usualSize
}

function isListed(type: GraphQLOutputType): boolean {
  return isListType(isNonNullType(type) ? type.ofType : type)
}

function isConnection(type: GraphQLOutputType | undefined): boolean {
  return type !== undefined && getNamedType(type).name.endsWith('Connection')
}
