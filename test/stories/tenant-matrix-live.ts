import type { RawSocket } from '../support/graphql-socket.ts'
import { complete } from './access-house.ts'
import { endless, type MatrixHouse } from './tenant-matrix-house.ts'
import type { MatrixOperation } from './tenant-matrix-operations.ts'
import {
  type Actor,
  ask,
  authorization,
  forEachOf,
  type MatrixAnswer,
} from './tenant-matrix-run.ts'
import { openSocket, Watcher } from './tenant-matrix-watcher.ts'
import { mark } from './tenant-matrix-tenants.ts'
import type { Given } from './tenant-matrix-values.ts'

/** What A has running while others look. */
export interface LiveOfA {
  readonly given: Omit<Given, 'fingerprint'>
  readonly socket: RawSocket
}

const realModel = 'openai:gpt-4.1-mini'
const idempotencyKey = `${mark}-idempotency`

const inputOf = (model: string, said = 'Hello') =>
  `{ model: "${model}", endUser: "${mark} end user", sessionId: "${mark}-session", tags: ["${mark}-tag"],
    messages: [{ role: USER, content: [{ text: "${said}" }] }] }`

/** A calls, is answered once by an idempotency key, fails, and leaves one completion running, which it follows. */
export async function beginLiveOfA({ a, app }: MatrixHouse): Promise<LiveOfA> {
  const admin = { name: 'A', token: a.tokens.ADMIN }
  const mutate = (query: string) => {
    const operation = {
      field: 'own',
      label: '',
      query: `mutation { own: ${query} }`,
      variables: {},
    }
    return ask(app.origin, { actor: admin, operation })
  }
  const kept = await fetch(`${app.origin}/v1/chat/completions`, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      'idempotency-key': idempotencyKey,
      ...authorization({ name: '', token: a.tokens.CALLER }),
    },
    body: JSON.stringify({
      model: 'simulator:echo',
      user: a.endUser,
      messages: [{ role: 'user', content: `${mark} was said` }],
    }),
  })
  await kept.text()
  await mutate(`createCompletion(input: ${inputOf('simulator:error-500')}) { __typename }`)
  const { text } = await mutate(
    `startCompletion(input: ${inputOf(realModel, endless)}) { ... on StartCompletionSuccess { completionId } }`,
  )
  const { data } = JSON.parse(text) as { data: { own: { completionId: string } } }
  const { completionId } = data.own
  const socket = await openSocket(app.origin, admin)
  socket.subscribe(
    'own',
    `subscription { completionEvents(completionId: "${completionId}") { __typename } }`,
  )
  await socket.until(
    ({ payload, type }) => type === 'next' && JSON.stringify(payload ?? null).includes('TextDelta'),
  )
  const requestId = kept.headers.get('x-request-id') ?? ''
  return { given: { completionId, idempotencyKey, requestId }, socket }
}

const callAs = (origin: string, token: string, user: string) =>
  fetch(`${origin}/v1/chat/completions`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...authorization({ name: '', token }) },
    body: JSON.stringify({
      model: 'simulator:echo',
      user,
      messages: [{ role: 'user', content: 'Hello' }],
    }),
  })

/** Whoever subscribes to so much at once makes the process late, which takes no calls until it is not. */
async function taken(watcher: Watcher, call: () => Promise<Response>): Promise<void> {
  for (let refusals = 0; refusals < 30; refusals++) {
    const response = await call()
    if (!(await response.text()).includes('is overloaded')) return
    await watcher.ticks(1)
  }
  throw new Error('the process stays overloaded')
}

/**
 * Follows everything while A calls, and then until a call of the watchers' own tenant has been told.
 *
 * @returns What each watcher got: until their own call (`alone`), and in all; and what A's own administrator did.
 */
export async function watch(
  { a, app, b }: MatrixHouse,
  {
    operations,
    owner,
    watchers,
  }: { watchers: readonly Actor[]; owner: Actor; operations: readonly MatrixOperation[] },
): Promise<{
  readonly alone: readonly MatrixAnswer[]
  readonly all: readonly MatrixAnswer[]
  readonly own: readonly MatrixAnswer[]
}> {
  const { origin } = app
  const open = (actor: Actor) => Watcher.open(origin, actor, operations)
  const others = await Promise.all(watchers.map(open))
  const own = await open(owner)
  const ofA = [own]
  const opened = [...others, ...ofA]
  await forEachOf(opened, (watcher) => watcher.ticks(1))
  await taken(own, () => callAs(origin, a.tokens.CALLER, a.endUser))
  await taken(own, () => complete(origin, a.tokens.ADMIN, { model: 'simulator:error-500' }))
  await taken(own, () => complete(origin, a.tokens.ADMIN, { model: realModel }))
  await taken(own, () => callAs(origin, a.tokens.CALLER, `${mark} last`))
  await forEachOf(ofA, (watcher) => watcher.seen(`${mark} last`))
  await forEachOf(opened, (watcher) => watcher.ticks(2))
  const alone = others.flatMap((watcher) => watcher.answers())
  await taken(own, () => callAs(origin, b.tokens.CALLER, 'sentinel of b'))
  await forEachOf(others, (watcher) => watcher.seen('sentinel of b'))
  await forEachOf(opened, (watcher) => watcher.ticks(1))
  const all = others.flatMap((watcher) => watcher.answers())
  const ownAll = ofA.flatMap((watcher) => watcher.answers())
  await Promise.all(opened.map((watcher) => watcher.close()))
  return { alone, all, own: ownAll }
}
