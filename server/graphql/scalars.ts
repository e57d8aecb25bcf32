import { GraphQLError, Kind, type ValueNode, valueFromASTUntyped } from 'graphql'
import { formatUsd } from '#domain/money.ts'
import { builder } from './builder.ts'
import { exactInteger } from './exact-json.ts'

const refuse = (message: string): never => {
  throw new GraphQLError(message)
}

const instant = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(?:\.\d{1,9})?(?:Z|[+-]\d{2}:\d{2})$/i

builder.scalarType('DateTime', {
  description: 'RFC 3339 instant; output is always UTC with Z.',
  serialize: (value) => new Date(value).toISOString(),
  parseValue(value) {
    const epochMs =
      typeof value === 'string' && instant.test(value) ? Date.parse(value) : Number.NaN
    return Number.isNaN(epochMs)
      ? refuse('must be an instant such as 2026-11-22T10:00:00Z')
      : epochMs
  },
})

builder.scalarType('Decimal', {
  description:
    'Exact decimal as a string. Every amount of money and every price is one; never a float. Money is US dollars.',
  serialize: (value) => (typeof value === 'bigint' ? formatUsd(value) : value),
  parseValue: (value) =>
    typeof value === 'string' && /^-?\d{1,30}(?:\.\d{1,30})?$/.test(value)
      ? value
      : refuse('must be a decimal as a string'),
})

builder.scalarType('BigInt', {
  description: '64-bit integer: a JSON number while it is safe, else a string.',
  serialize: (value) => (Number.isSafeInteger(Number(value)) ? Number(value) : value.toString()),
  parseValue(value) {
    if (typeof value === 'number' && Number.isSafeInteger(value)) return BigInt(value)
    if (typeof value === 'string' && /^-?\d{1,19}$/.test(value)) return BigInt(value)
    return refuse('must be a whole number of 64 bits')
  },
  parseLiteral: (node) =>
    (node.kind === Kind.INT || node.kind === Kind.STRING) && /^-?\d{1,19}$/.test(node.value)
      ? BigInt(node.value)
      : refuse('must be a whole number of 64 bits'),
})

builder.scalarType('JSON', {
  serialize: (value) => value,
  parseValue: (value) => value,
  parseLiteral: (node, variables) => jsonOf(node, variables ?? {}),
})

builder.scalarType('URL', {
  serialize: (value) => value,
  parseValue: (value) => (typeof value === 'string' ? value : refuse('must be a URL as a string')),
})

const zones = new Set(Intl.supportedValuesOf('timeZone'))

builder.scalarType('TimeZone', {
  description: 'IANA zone name, e.g. Europe/Berlin.',
  serialize: (value) => value,
  parseValue: (value) =>
    typeof value === 'string' && (zones.has(value) || isZone(value))
      ? value
      : refuse('must be an IANA zone such as Europe/Berlin'),
})

function isZone(name: string): boolean {
  try {
    return (
      /^[A-Za-z][\w+/-]{0,60}$/.test(name) &&
      Boolean(new Intl.DateTimeFormat('en', { timeZone: name }))
    )
  } catch {
    return false
  }
}

/** A literal as JSON; whole numbers that a float cannot hold keep their digits. */
function jsonOf(node: ValueNode, variables: Readonly<Record<string, unknown>>): unknown {
  switch (node.kind) {
    case Kind.INT:
      return exactInteger(node.value)
    case Kind.LIST:
      return node.values.map((value) => jsonOf(value, variables))
    case Kind.OBJECT:
      return Object.fromEntries(
        node.fields.map(({ name, value }) => [name.value, jsonOf(value, variables)]),
      )
    case Kind.FLOAT:
    case Kind.STRING:
    case Kind.BOOLEAN:
    case Kind.NULL:
    case Kind.ENUM:
    case Kind.VARIABLE:
      return valueFromASTUntyped(node, variables)
  }
}
