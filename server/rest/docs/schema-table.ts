import { html, type Html } from './html.ts'

/** The part of JSON Schema that our own schemas use. */
export interface JsonSchema {
  readonly title?: string
  readonly description?: string
  readonly type?: string
  readonly $ref?: string
  readonly enum?: readonly string[]
  readonly const?: unknown
  readonly anyOf?: readonly JsonSchema[]
  readonly items?: JsonSchema
  readonly properties?: Readonly<Record<string, JsonSchema>>
  readonly required?: readonly string[]
  readonly minimum?: number
  readonly maximum?: number
}

/** Larger bounds are those of the number format, not of the field. */
const largestBound = 2 ** 53 - 1

/** The fields of an object as a table; those of objects inside follow, indented by their path. */
export function schemaTable(schema: JsonSchema): Html {
  const rows = fieldRows(schema, '')
  if (rows.length === 0) return html`<p>Any JSON object.</p>`
  return html`<table>
    <thead>
      <tr>
        <th scope="col">Field</th>
        <th scope="col">Type</th>
        <th scope="col">Meaning</th>
      </tr>
    </thead>
    <tbody>
      ${rows}
    </tbody>
  </table>`
}

function fieldRows({ properties = {}, required = [] }: JsonSchema, above: string): readonly Html[] {
  return Object.entries(properties).flatMap(([name, field]) => {
    const path = above + name
    const isRequired = required.includes(name)
    const row = html`<tr>
      <td><code>${path}</code>${isRequired && html` <strong>required</strong>`}</td>
      <td>${typeName(field)}</td>
      <td>${words(field.description)}</td>
    </tr>`
    const inside = [field, ...(field.anyOf ?? [])].find((each) => each.properties)
    const element = [field, ...(field.anyOf ?? [])].find((each) => each.items?.properties)?.items
    return [
      row,
      ...(inside ? fieldRows(inside, `${path}.`) : []),
      ...(element ? fieldRows(element, `${path}[].`) : []),
    ]
  })
}

function typeName(schema: JsonSchema): Html {
  const { $ref, anyOf, items, maximum, minimum, type } = schema
  if ($ref !== undefined) {
    const name = $ref.slice($ref.lastIndexOf('/') + 1)
    return html`<a href="#${name}">${name}</a>`
  }
  if (anyOf) return html`${anyOf.map((each, index) => [index > 0 && ' or ', typeName(each)])}`
  if (schema.enum)
    return html`${schema.enum.map((each, index) => [index > 0 && ', ', html`<code>${each}</code>`])}`
  if (schema.const !== undefined) return html`<code>${JSON.stringify(schema.const)}</code>`
  if (type === 'array' && items) return html`list of ${typeName(items)}`
  const from = minimum !== undefined && minimum > -largestBound && ` from ${minimum}`
  const to = maximum !== undefined && maximum < largestBound && ` to ${maximum}`
  return html`${type ?? 'anything'}${from}${to}`
}

/** Text with `code` in it. */
export function words(text = ''): Html {
  return html`${text.split('`').map((part, index) => (index % 2 === 1 ? html`<code>${part}</code>` : part))}`
}
