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
  visit,
} from 'graphql'

/** What an operation may have at most. */
export const limits = { tokens: 1000, depth: 12, aliases: 15, directives: 5, cost: 100_000 } as const

/** How many values a list without a size argument is taken to have. */
const usualSize = 10
/** How many a connection brings that is not told how many. */
const usualPage = 50
/** The largest page: no variable can ask for more. */
const largestSize = 500
/** What a field costs that sums over many rows. */
const reportCost = 500
const reports = new Set(['usage', 'errorGroups', 'requestFacets'])
const sizeArguments = new Set(['first', 'last', 'limit', 'ids'])

/** @throws {GraphQLError} For syntax errors and texts of more than 1,000 tokens. */
export function parseWithinLimits(text: string): DocumentNode {
  return parse(text, { maxTokens: limits.tokens })
}

/** The values that variables have; undefined while they have none. */
type Variables = Readonly<Record<string, unknown>> | undefined

interface Measure {
  readonly depth: number
  readonly aliases: number
  readonly directives: number
  readonly cost: number
}

const nothing: Measure = { depth: 0, aliases: 0, directives: 0, cost: 0 }

/**
 * What an operation costs with its variables; those that say how many rows are wanted make the difference.
 *
 * @returns Undefined where no variable does: the rule has judged it already.
 */
export function costWithVariables(
  schema: GraphQLSchema,
  { document, operation }: { document: DocumentNode; operation: OperationDefinitionNode },
): ((variables: Variables) => number) | undefined {
  const fragments = fragmentsOf(document)
  let sizedByVariable = false
  visit(document, {
    [Kind.ARGUMENT]({ name, value }) {
      if (sizeArguments.has(name.value) && value.kind === Kind.VARIABLE) sizedByVariable = true
    },
  })
  if (!sizedByVariable) return undefined
  return (variables) => new Ruler(schema, { fragments, measured: new Map(), variables }).operation(operation).cost
}

/** The refusal of an operation that costs too much. */
export function tooCostly(cost: number, nodes: OperationDefinitionNode): GraphQLError {
  return beyond('cost', { value: cost, nodes })
}

function beyond(
  name: keyof Measure,
  { value, nodes }: { value: number; nodes: OperationDefinitionNode },
): GraphQLError {
  const message = `The operation has a ${name} of ${Math.ceil(value)}; at most ${limits[name]} is allowed.`
  return new GraphQLError(message, { nodes, extensions: { http: { status: 400, spec: true } } })
}

function fragmentsOf(document: DocumentNode): ReadonlyMap<string, FragmentDefinitionNode> {
  return new Map(
    document.definitions.flatMap((node) => (node.kind === Kind.FRAGMENT_DEFINITION ? [[node.name.value, node]] : [])),
  )
}

/**
 * A validation rule: refuses operations that are too deep, have too many aliases or directives, or would cost too much,
 * fragments included. Introspection does not count: GraphiQL's own query is deeper.
 */
export function limitsRule(context: ValidationContext): ASTVisitor {
  const measured = new Map<string, Measure>()
  const fragments = fragmentsOf(context.getDocument())
  return {
    OperationDefinition(operation) {
      const ruler = new Ruler(context.getSchema(), { fragments, measured, variables: undefined })
      const measure = ruler.operation(operation)
      for (const name of ['depth', 'aliases', 'directives', 'cost'] as const) {
        if (measure[name] > limits[name]) context.reportError(beyond(name, { value: measure[name], nodes: operation }))
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
  readonly #variables: Variables

  constructor(
    schema: GraphQLSchema,
    given: {
      fragments: ReadonlyMap<string, FragmentDefinitionNode>
      measured: Map<string, Measure>
      variables: Variables
    },
  ) {
    this.#schema = schema
    this.#fragments = given.fragments
    this.#measured = given.measured
    this.#variables = given.variables
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
