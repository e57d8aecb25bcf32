import {
  type DocumentNode,
  getOperationAST,
  type GraphQLError,
  type GraphQLSchema,
  Kind,
  NoSchemaIntrospectionCustomRule,
  type OperationDefinitionNode,
  validate,
  type ValidationRule,
  visit,
} from 'graphql'
import { compileOperation, type Executor } from './compile-operation.ts'
import { costWithVariables, limits, limitsRule, parseWithinLimits, tooCostly } from './limits.ts'

/** A document that was parsed; what is known of it is kept with it. */
export interface KnownDocument {
  readonly text: string
  readonly node: DocumentNode
  /** Whether it answers in parts. */
  readonly incremental: boolean
  readonly introspects: boolean
  uses: number
  /** By who asks: administrators may introspect. Undefined: not judged yet. */
  readonly errors: { admin?: readonly GraphQLError[]; other?: readonly GraphQLError[] }
  readonly operations: Map<string, Operation>
}

export interface Operation {
  readonly node: OperationDefinitionNode
  readonly execute: Executor
  /** Why it must not run with these variables; undefined where it may. */
  readonly refusal: (
    variables: Readonly<Record<string, unknown>> | null | undefined,
  ) => GraphQLError | undefined
}

export interface Audience {
  readonly isAdmin: boolean
}

/** Texts longer than this are parsed each time. */
const longestKept = 20_000
const mostKept = 500
const mostKeptCharacters = 1_000_000
/** An operation is compiled when it comes again. */
const compiledFromUse = 2
const mostErrors = 10

/** Parsed and judged documents by their text, the least recently used ones forgotten. */
export class Documents {
  readonly #schema: () => GraphQLSchema
  readonly #known = new Map<string, KnownDocument>()
  readonly #byNode = new WeakMap<DocumentNode, KnownDocument>()
  #characters = 0

  /** @param schema The schema that is served; asked for when the first document comes. */
  constructor(schema: () => GraphQLSchema) {
    this.#schema = schema
  }

  /** @throws {GraphQLError} When the text is no document, or one beyond the limits. */
  parse(text: string): DocumentNode {
    const known = this.#known.get(text) ?? this.#learn(text)
    return known.node
  }

  /** @param rules The rules that hold for everybody. @returns What is wrong; nothing when all is well. */
  validate(
    node: DocumentNode,
    { isAdmin, rules }: Audience & { rules: readonly ValidationRule[] },
  ): readonly GraphQLError[] {
    const audience = isAdmin ? 'admin' : 'other'
    const known = this.#byNode.get(node)
    const judged = known?.errors[audience]
    if (judged) return judged
    const all = [...rules, limitsRule, ...(isAdmin ? [] : [NoSchemaIntrospectionCustomRule])]
    const errors = validate(this.#schema(), node, all, {
      maxErrors: mostErrors,
      hideSuggestions: true,
    })
    if (known) known.errors[audience] = errors
    return errors
  }

  /**
   * The operation of a text that was found valid before, ready to run; undefined where it has to go the long way:
   * unknown, invalid, incremental, introspection, or without that operation.
   */
  ready(
    text: string,
    { isAdmin, operationName }: Audience & { operationName: string | null | undefined },
  ): Operation | undefined {
    const known = this.#known.get(text)
    if (!known || known.incremental || known.introspects) return undefined
    if (known.errors[isAdmin ? 'admin' : 'other']?.length !== 0) return undefined
    if (++known.uses < compiledFromUse) return undefined
    this.#known.delete(text)
    this.#known.set(text, known)
    return this.operation(known.node, operationName)
  }

  /** One operation of a valid document, compiled once; undefined when there is none of that name. */
  operation(
    document: DocumentNode,
    operationName: string | null | undefined,
  ): Operation | undefined {
    const known = this.#byNode.get(document)
    const name = operationName ?? ''
    const compiled = known?.operations.get(name)
    if (compiled) return compiled
    const node = getOperationAST(document, operationName)
    const operation = node && this.#prepare(document, node)
    if (operation) known?.operations.set(name, operation)
    return operation ?? undefined
  }

  #prepare(document: DocumentNode, node: OperationDefinitionNode): Operation {
    const schema = this.#schema()
    const costOf = costWithVariables(schema, { document, operation: node })
    return {
      node,
      execute: compileOperation(schema, { document, node }),
      refusal(variables) {
        const cost = costOf?.(variables ?? {}) ?? 0
        return cost > limits.cost ? tooCostly(cost, node) : undefined
      },
    }
  }

  #learn(text: string): KnownDocument {
    const node = parseWithinLimits(text)
    const known = { text, node, ...traitsOf(node), uses: 0, errors: {}, operations: new Map() }
    this.#byNode.set(node, known)
    if (text.length > longestKept) return known
    this.#known.set(text, known)
    this.#characters += text.length
    for (const [oldest] of this.#known) {
      if (this.#known.size <= mostKept && this.#characters <= mostKeptCharacters) break
      this.#known.delete(oldest)
      this.#characters -= oldest.length
    }
    return known
  }
}

function traitsOf(node: DocumentNode): Pick<KnownDocument, 'incremental' | 'introspects'> {
  let incremental = false
  let introspects = false
  visit(node, {
    [Kind.DIRECTIVE]({ name: { value } }) {
      if (value === 'defer' || value === 'stream') incremental = true
    },
    [Kind.FIELD]({ name: { value } }) {
      if (value === '__schema' || value === '__type') introspects = true
    },
  })
  return { incremental, introspects }
}
