import {
  type ASTVisitor,
  type DocumentNode,
  GraphQLError,
  type GraphQLSchema,
  Kind,
  type OperationDefinitionNode,
  parse,
  type ValidationContext,
  visit,
} from 'graphql'
import {
  type Measure,
  measureOperation,
  sizeArguments,
  type Variables,
} from './operation-measure.ts'

/** What an operation may have at most. */
export const limits = {
  tokens: 1000,
  depth: 12,
  aliases: 15,
  directives: 5,
  cost: 100_000,
} as const

/** @throws {GraphQLError} For syntax errors and texts of more than 1,000 tokens. */
export function parseWithinLimits(text: string): DocumentNode {
  return parse(text, { maxTokens: limits.tokens })
}

/**
 * A validation rule: refuses operations that are too deep, have too many aliases or directives, or would cost too much,
 * fragments included. Introspection does not count: GraphiQL's own query is deeper.
 */
export function limitsRule(context: ValidationContext): ASTVisitor {
  const document = context.getDocument()
  return {
    OperationDefinition(operation) {
      const measure = measureOperation(context.getSchema(), { document, operation })
      for (const name of ['depth', 'aliases', 'directives', 'cost'] as const) {
        if (measure[name] > limits[name])
          context.reportError(beyond(name, { value: measure[name], operation }))
      }
      return false
    },
  }
}

/**
 * What an operation costs with its variables; those that say how many values are wanted make the difference.
 *
 * @returns Undefined where no variable does: the rule has judged it already.
 */
export function costWithVariables(
  schema: GraphQLSchema,
  { document, operation }: { document: DocumentNode; operation: OperationDefinitionNode },
): ((variables: Variables) => number) | undefined {
  let sizedByVariable = false
  visit(document, {
    [Kind.ARGUMENT]({ name, value }) {
      if (sizeArguments.has(name.value) && value.kind === Kind.VARIABLE) sizedByVariable = true
    },
  })
  if (!sizedByVariable) return undefined
  const defaults = defaultsOf(operation)
  return (variables) =>
    measureOperation(schema, { document, operation, variables: { ...defaults, ...variables } }).cost
}

function defaultsOf({
  variableDefinitions = [],
}: OperationDefinitionNode): Readonly<Record<string, unknown>> {
  return Object.fromEntries(
    variableDefinitions.flatMap(({ variable, defaultValue }) =>
      defaultValue?.kind === Kind.INT ? [[variable.name.value, Number(defaultValue.value)]] : [],
    ),
  )
}

/** The refusal of an operation that costs too much. */
export function tooCostly(cost: number, operation: OperationDefinitionNode): GraphQLError {
  return beyond('cost', { value: cost, operation })
}

function beyond(
  name: keyof Measure,
  { value, operation }: { value: number; operation: OperationDefinitionNode },
): GraphQLError {
  const message = `The operation has a ${name} of ${Math.ceil(value)}; at most ${limits[name]} is allowed.`
  return new GraphQLError(message, {
    nodes: operation,
    extensions: { http: { status: 400, spec: true } },
  })
}
