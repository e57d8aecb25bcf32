import {
  type GraphQLInputField,
  type GraphQLInputObjectType,
  type GraphQLInputType,
  isEnumType,
  isInputObjectType,
  isListType,
  isNonNullType,
  isRequiredInputField,
  isLeafType,
  getNamedType,
} from 'graphql'
import type { Choice, MatrixValues } from './tenant-matrix-values.ts'

/** Fields that decide how something is looked for, not what: whoever fills them asks another question. */
const never = new Set(['relative', 'timeZone', 'audio', 'imageBase64', 'imageUrl', 'toolCalls'])

const fieldsOf = (type: GraphQLInputObjectType) =>
  Object.values(type.getFields()).filter(({ name }) => !never.has(name))

interface Filling {
  readonly name: string
  readonly values: MatrixValues
  readonly whole?: boolean
}

/** A harmless value. @param whole Whether what may be left out is given too. */
export function harmlessValue(type: GraphQLInputType, options: Filling): unknown {
  const { name, values, whole = false } = options
  if (isNonNullType(type)) return harmlessValue(type.ofType, options)
  if (isListType(type)) {
    if (isEnumType(getNamedType(type)) && name === 'metrics')
      return ['REQUESTS', 'COST', 'INPUT_TOKENS']
    return [harmlessValue(type.ofType, options)]
  }
  if (isInputObjectType(type)) {
    if (type.isOneOf) {
      const [first] = fieldsOf(type).toSorted(byPreference)
      return first && { [first.name]: harmlessValue(first.type, { ...options, name: first.name }) }
    }
    const given = fieldsOf(type).filter(
      (field) =>
        isRequiredInputField(field) ||
        values.always.includes(field.name) ||
        (whole && isPlain(field)),
    )
    return Object.fromEntries(
      given.map((field) => [
        field.name,
        harmlessValue(field.type, { ...options, name: field.name }),
      ]),
    )
  }
  const wanted = values.harmless(name, type.name)
  if (!isEnumType(type)) return wanted
  const [first, ...others] = type.getValues().map((each) => each.name)
  return others.find((each) => each === wanted) ?? first
}

const preferred = ['absolute', 'text', 'in']
const byPreference = (one: GraphQLInputField, other: GraphQLInputField) =>
  preferred.indexOf(other.name) - preferred.indexOf(one.name)

const isPlain = (field: GraphQLInputField) => isLeafType(getNamedType(field.type))

/** Every value of a type in which one place is filled with something of A's. */
export function foreignValues(type: GraphQLInputType, options: Filling): readonly Choice[] {
  const { name, values } = options
  if (isNonNullType(type)) return foreignValues(type.ofType, options)
  if (isListType(type)) {
    return foreignValues(type.ofType, options).map(({ label, value }) => ({
      label,
      value: [value],
    }))
  }
  if (isInputObjectType(type))
    return type.name === 'ScopeInput' ? scopes(type, values) : within(type, options)
  // Each way to group, to list and to count apart is a question of its own.
  if (isEnumType(type))
    return /^(?:groupBy|fields|kind)$/.test(name)
      ? type.getValues().map(({ name: value }) => ({ label: value, value }))
      : []
  if (type.name === 'Boolean')
    return name === 'simulated' || name.startsWith('include') ? [{ label: name, value: true }] : []
  if (type.name === 'ID') return values.idsFor(name)
  return type.name === 'String' ? values.textsFor(name) : []
}

function scopes(type: GraphQLInputObjectType, values: MatrixValues): readonly Choice[] {
  const kinds = getNamedType(type.getFields()['kind']?.type)
  if (!isEnumType(kinds)) throw new TypeError('a scope without kinds')
  return kinds
    .getValues()
    .flatMap(({ name: kind }) =>
      values
        .scopesFor(kind)
        .map(({ label, value }) => ({ label: `${kind}: ${label}`, value: { kind, value } })),
    )
}

function within(type: GraphQLInputObjectType, options: Filling): readonly Choice[] {
  const base = type.isOneOf ? {} : (harmlessValue(type, options) as object)
  return fieldsOf(type).flatMap((field) =>
    choicesOf(field, { ...options, within: type }).map(({ label, value }) => ({
      label: `${field.name} ${label}`.trim(),
      value: { ...base, [field.name]: value },
    })),
  )
}

/** `in`, `contains` and their like take what the filter that holds them is of; all of it is tried with `in`. */
function choicesOf(
  { name, type }: GraphQLInputField,
  { within: holder, ...options }: Filling & { readonly within: GraphQLInputObjectType },
): readonly Choice[] {
  if (holder.name !== 'StringFilter') return foreignValues(type, { ...options, name })
  if (name === 'exists') return [{ label: '', value: true }]
  const choices = foreignValues(type, options)
  return name === 'in' ? choices : choices.slice(-1)
}
