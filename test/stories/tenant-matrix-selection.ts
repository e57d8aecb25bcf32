import {
  type GraphQLField,
  type GraphQLNamedOutputType,
  type GraphQLObjectType,
  type GraphQLSchema,
  getNamedType,
  isAbstractType,
  isInterfaceType,
  isLeafType,
  isRequiredArgument,
} from 'graphql'
import { harmlessValue } from './tenant-matrix-arguments.ts'
import type { MatrixValues } from './tenant-matrix-values.ts'

/** Collects the variables of one operation. */
export class Variables {
  readonly values: Record<string, unknown> = {}
  readonly #declared: string[] = []

  /** @returns Its name with the dollar sign. */
  add(type: string, value: unknown): string {
    const name = `v${this.#declared.length}`
    this.#declared.push(`$${name}: ${type}`)
    this.values[name] = value
    return `$${name}`
  }

  get declaration(): string {
    return this.#declared.length === 0 ? '' : `(${this.#declared.join(', ')})`
  }
}

interface Selecting {
  readonly schema: GraphQLSchema
  readonly variables: Variables
  readonly values: MatrixValues
  readonly depth: number
  /** Types that this stands within: none is entered twice. */
  readonly above?: readonly string[]
}

/** The fields of a type as deep as is asked, or nothing for a leaf; of all that have ids, only the leaves. */
export function selectionOf(type: GraphQLNamedOutputType, selecting: Selecting): string {
  if (isLeafType(type)) return ''
  if (!isAbstractType(type)) return `{ __typename ${fieldsOf(type, selecting, new Map())} }`
  const members = selecting.schema.getPossibleTypes(type)
  const inner = type.name === 'Node' ? { ...selecting, depth: 1 } : selecting
  const shapes = new Map<string, string>()
  const own = isInterfaceType(type) ? fieldsOf(type, selecting, shapes) : ''
  const parts = members.map((member) => {
    const fields = fieldsOf(member, inner, shapes)
    return fields ? `... on ${member.name} { ${fields} }` : ''
  })
  return `{ __typename ${own} ${parts.join(' ')} }`
}

/** @param shapes What each name stands for so far: members of a union cannot disagree on it. */
function fieldsOf(
  type: Pick<GraphQLObjectType, 'name' | 'getFields'>,
  selecting: Selecting,
  shapes: Map<string, string>,
): string {
  const { above = [], depth } = selecting
  if (above.includes(type.name)) return ''
  const inner = { ...selecting, depth: depth - 1, above: [...above, type.name] }
  return Object.values(type.getFields())
    .filter((field) => isLeafType(getNamedType(field.type)) || depth > 1)
    .filter(({ name, type: shape }) => (shapes.get(name) ?? String(shape)) === String(shape))
    .map((field) => {
      shapes.set(field.name, String(field.type))
      return fieldText(field, inner)
    })
    .join(' ')
}

/** One field with what it needs, and what is below it; empty where all of that is above it already. */
export function fieldText(field: GraphQLField<unknown, unknown>, selecting: Selecting): string {
  const { values, variables } = selecting
  const named = getNamedType(field.type)
  if (selecting.above?.includes(named.name)) return ''
  const selection = selectionOf(named, selecting)
  const needed = field.args.filter(isRequiredArgument).map(({ name, type }) => {
    const value = harmlessValue(type, { name, values })
    return `${name}: ${variables.add(String(type), value)}`
  })
  return `${field.name}${needed.length > 0 ? `(${needed.join(', ')})` : ''} ${selection}`
}
