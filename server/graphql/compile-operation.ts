import {
  type DocumentNode,
  execute,
  type ExecutionResult,
  getVariableValues,
  getNamedType,
  type GraphQLSchema,
  isLeafType,
  Kind,
  type ListValueNode,
  type ObjectValueNode,
  type OperationDefinitionNode,
  TypeInfo,
  visit,
  visitWithTypeInfo,
} from 'graphql'
import { compileQuery, isCompiledQuery } from 'graphql-jit'
import type { GraphqlContext } from './context.ts'

export interface ExecutionInput {
  readonly rootValue?: unknown
  readonly context: GraphqlContext
  readonly variables: Readonly<Record<string, unknown>> | null | undefined
}

/** Runs one operation. Variables that do not fit are the result's only content, before anything ran. */
export type Executor = (input: ExecutionInput) => ExecutionResult | Promise<ExecutionResult>

type Compiled = (
  rootValue: unknown,
  context: GraphqlContext,
  variables: unknown,
) => ExecutionResult | Promise<ExecutionResult>

/**
 * Prepares an operation of a valid document by graphql-jit. Variables are coerced by graphql-js all the same: graphql-jit
 * does not know inputs of which exactly one field is to be given.
 */
export function compileOperation(
  schema: GraphQLSchema,
  { document, node }: { document: DocumentNode; node: OperationDefinitionNode },
): Executor {
  const run = compiled(schema, { document, node })
  if (!run) return interpreted(schema, { document, operationName: node.name?.value })
  const definitions = node.variableDefinitions ?? []
  if (definitions.length === 0) return ({ rootValue, context }) => run(rootValue, context, {})
  return ({ rootValue, context, variables }) => {
    const { coerced, errors } = getVariableValues(schema, definitions, variables ?? {}, {
      maxErrors: 50,
      hideSuggestions: true,
    })
    return errors ? { errors } : run(rootValue, context, coerced)
  }
}

function compiled(
  schema: GraphQLSchema,
  { document, node }: { document: DocumentNode; node: OperationDefinitionNode },
): Compiled | undefined {
  if (hasVariableInsideScalar(schema, document)) return undefined
  const query = compileQuery(schema, withAnyVariables(document), node.name?.value)
  return isCompiledQuery(query) ? (query.query as Compiled) : undefined
}

function interpreted(
  schema: GraphQLSchema,
  { document, operationName }: { document: DocumentNode; operationName: string | undefined },
): Executor {
  return ({ rootValue, context, variables }) =>
    execute({
      schema,
      document,
      operationName,
      rootValue,
      contextValue: context,
      variableValues: variables,
      options: { maxCoercionErrors: 50 },
      hideSuggestions: true,
    })
}

/** graphql-jit evaluates JSON literals when it compiles, when variables inside them have no value yet. */
function hasVariableInsideScalar(schema: GraphQLSchema, document: DocumentNode): boolean {
  const types = new TypeInfo(schema)
  let found = false
  const look = (node: ListValueNode | ObjectValueNode) => {
    const type = types.getInputType()
    if (type && isLeafType(getNamedType(type)) && hasVariable(node)) found = true
  }
  visit(document, visitWithTypeInfo(types, { [Kind.LIST]: look, [Kind.OBJECT]: look }))
  return found
}

function hasVariable(node: ListValueNode | ObjectValueNode): boolean {
  let found = false
  visit(node, {
    [Kind.VARIABLE]() {
      found = true
    },
  })
  return found
}

/** The same document whose variables are taken as they are: they have been coerced already. */
function withAnyVariables(document: DocumentNode): DocumentNode {
  const any = { kind: Kind.NAMED_TYPE, name: { kind: Kind.NAME, value: 'JSON' } } as const
  return visit(document, {
    [Kind.VARIABLE_DEFINITION]: (definition) => ({
      ...definition,
      type: any,
      defaultValue: undefined,
    }),
  })
}
