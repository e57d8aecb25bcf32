import { encodeGlobalId } from '#graphql/global-id.ts'
import { mark } from './tenant-matrix-tenants.ts'

/** What ids of tenant A look like: see tenant-matrix-tenants.ts. */
const idOfA = /7aaa-8aaa-aaaaaaaa[0-9a-f]{4}/g
const uuids = /[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}/gi
/** An opaque id or a cursor, perhaps. */
const opaque = /[\w-]{20,}={0,2}/g

/** A text with what its opaque ids and cursors hold. */
const readable = (text: string): string =>
  [text, ...[...text.matchAll(opaque)].map(([token]) => decoded(token))].join('\n')

const decoded = (token: string): string => Buffer.from(token, 'base64url').toString('latin1')

/**
 * What of tenant A is in an answer, and was not in the question.
 *
 * @param liveIds Ids that the product has given out to A during the run.
 */
export function foreignIn(
  answer: string,
  {
    question,
    liveIds = [],
    told = [],
  }: {
    readonly question: string
    readonly liveIds?: readonly string[]
    /** What was said in other questions. */
    readonly told?: readonly string[]
  },
): readonly string[] {
  const asked = readable(question)
  const said = [...told, ...textsOf(question)].filter((text) => text.includes(mark))
  let text = readable(answer)
  for (const each of said.toSorted((one, other) => other.length - one.length))
    text = text.replaceAll(each, '')
  const ids = [...text.matchAll(idOfA)].map(([id]) => id)
  const found = [...ids, ...liveIds.filter((id) => text.includes(id))]
  const marks = [...text.matchAll(new RegExp(`.{0,30}${mark}.{0,30}`, 'gi'))].map(([near]) => near)
  return [...new Set([...marks, ...found.filter((id) => !asked.includes(id))])]
}

/** All texts in a JSON document, and the parts of paths and of `provider:model`; the document itself where it is none. */
export function textsOf(document: string): readonly string[] {
  try {
    const texts: string[] = []
    JSON.parse(document, (_key, value: unknown) => {
      if (typeof value === 'string') texts.push(value, ...value.split('/'), ...value.split(':'))
      return value
    })
    return texts
  } catch {
    return [document]
  }
}

/** Fields that move by themselves, or that tell how the installation is. */
const moving = new Set([
  'requestId',
  'lastUsedAt',
  'exhaustsAt',
  'projectedSpend',
  'score',
  'reason',
  'consecutiveFailures',
  'state',
  'checkedAt',
  'lastSuccessAt',
  'successRate',
  'inFlight',
  'queued',
  'openedAt',
  'retryAt',
  'uptimeRatio',
])

/** An answer without what differs between two that say the same. */
export function settledAnswer(answer: string): string {
  const text = JSON.stringify(JSON.parse(answer), (key, value: unknown) =>
    moving.has(key) || /latencyP\d\dMs/.test(key) || (key === 'data' && value === null)
      ? undefined
      : value,
  )
  return text.replaceAll(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, 'an instant')
}

/** The same, whichever ids it speaks of. */
export function withoutIds(answer: string): string {
  const named = answer.replaceAll(opaque, (token) =>
    decoded(token).search(uuids) === -1 ? token : 'an id',
  )
  return settledAnswer(named).replaceAll(uuids, 'an id')
}

/** A question in which every id of A's is one that nobody has. */
export function withNobodysIds(question: string): string {
  const nobodys = (id: string) => id.replace(/7aaa-8aaa-aaaaaaaa/, '7eee-8eee-eeeeeeee')
  const plain = question.replaceAll(uuids, nobodys)
  return plain.replaceAll(opaque, (token) => {
    const [, type, id] = /^(\w+):(.+)$/s.exec(decoded(token)) ?? []
    return type !== undefined && id !== undefined && id.search(idOfA) !== -1
      ? encodeGlobalId(type, nobodys(id))
      : token
  })
}
