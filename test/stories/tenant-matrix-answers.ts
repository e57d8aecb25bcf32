import { matrixActors, type MatrixCases } from './tenant-matrix-cases.ts'
import { withNobodysIds } from './tenant-matrix-evidence.ts'
import { type MatrixHouse, removeTenant, rowsOf } from './tenant-matrix-house.ts'
import { type LiveOfA, watch } from './tenant-matrix-live.ts'
import type { MatrixOperation } from './tenant-matrix-operations.ts'
import { askRest, type RestAnswer, restCases } from './tenant-matrix-rest.ts'
import { type Actor, askAll, type MatrixAnswer, outcomeOf } from './tenant-matrix-run.ts'
import { closeCodeOf, follow } from './tenant-matrix-watcher.ts'

/** All answers of a run. A is whose the rows are, B looks, C changes. */
export interface MatrixAnswers {
  /** A's own administrator asks, and in the end changes what is there; what only the installation's can, that one does. */
  readonly own: readonly MatrixAnswer[]
  readonly ownChanges: readonly MatrixAnswer[]
  readonly reads: readonly MatrixAnswer[]
  /** The same once there is no A. */
  readonly readsWithoutA: readonly MatrixAnswer[]
  readonly feeds: readonly MatrixAnswer[]
  /** What had come of them while only A called. */
  readonly feedsOfStillness: readonly MatrixAnswer[]
  readonly calls: readonly MatrixAnswer[]
  /** Of completions that A has begun in the same words and with the same idempotency key. */
  readonly ownCallIds: readonly string[]
  readonly changes: readonly MatrixAnswer[]
  /** The first of these, with ids that nobody has. */
  readonly changesOfNothing: readonly MatrixAnswer[]
  readonly rest: readonly RestAnswer[]
  /** Of whoever has no valid key. */
  readonly turnedAway: readonly MatrixAnswer[]
  readonly closeCodes: readonly number[]
  /** All rows of A's, by table. */
  readonly rows: { readonly before: object; readonly after: object }
}

/** Asks everything as everybody. */
export async function matrixAnswers(
  house: MatrixHouse,
  { cases, live }: { cases: MatrixCases; live: LiveOfA },
): Promise<MatrixAnswers> {
  const { a, app, store } = house
  const { origin } = app
  const { admin, caller, changer, changersViewer, ownAdmin, ownViewer, root, turnedAway, viewer } =
    matrixActors(house)
  const { calls, feeds, mutations, reads } = cases
  const watched = await watch(house, {
    watchers: [admin, viewer],
    owner: ownAdmin,
    operations: feeds,
  })
  // Others ask the same to the letter: whoever is let into an answer of A's is given its id.
  const named = calls.filter(({ label }) => label.endsWith('idempotency key'))
  const ownCalls = await follow(origin, { actor: ownAdmin, operations: named })

  const before = await rowsOf(store, a.tenantId)
  const called = await follow(origin, { actor: changer, operations: calls })
  const ofA = { tenant: a, ...live.given, token: a.tokens.REVOKED }
  const rest = await askRest(origin, {
    actors: [changer, changersViewer, caller, ...turnedAway],
    cases: restCases(app.routes, ofA),
  })
  const changes = await askAll(origin, {
    actors: [changer, changersViewer, caller, ownViewer],
    operations: mutations,
  })
  const changesOfNothing = await askAll(origin, {
    actors: [changer],
    operations: mutations.map(ofNothing),
  })
  const refused = await askAll(origin, { actors: turnedAway, operations: [...mutations, ...reads] })
  const unheard = await askAll(origin, {
    actors: turnedAway,
    operations: [...feeds, ...calls],
    accept: 'text/event-stream',
  })
  const closeCodes = await Promise.all(turnedAway.map((actor) => closeCodeOf(origin, actor)))
  const after = await rowsOf(store, a.tenantId)
  await live.socket.lose()

  const own = await askAll(origin, { actors: [ownAdmin], operations: reads })
  const found = await askAll(origin, { actors: [admin, viewer], operations: reads })
  const ownChanges = await changeAll(house, { actor: ownAdmin, mutations })
  await removeTenant(store, a.tenantId)
  const readsWithoutA = await askAll(origin, { actors: [admin, viewer], operations: reads })
  const made = succeeded(ownChanges)
  const others = mutations.filter(({ field }) => !made.has(field))
  const rootChanges = await changeAll(house, { actor: root, mutations: others })
  return {
    own: [...own, ...watched.own, ...ownCalls],
    ownChanges: [...ownChanges, ...rootChanges],
    reads: found,
    readsWithoutA,
    feeds: watched.all,
    feedsOfStillness: watched.alone,
    calls: called,
    ownCallIds: ownCalls
      .filter(({ text }) => text.includes('CompletionFinished'))
      .flatMap(({ text }) => [...text.matchAll(completionIds)].map(([, id = '']) => id)),
    changes,
    changesOfNothing,
    rest,
    turnedAway: [...refused, ...unheard],
    closeCodes,
    rows: { before, after },
  }
}

const completionIds = /"completionId":"([0-9a-f-]{36})"/g

const ofNothing = (operation: MatrixOperation): MatrixOperation => ({
  ...operation,
  variables: JSON.parse(
    withNobodysIds(JSON.stringify(operation.variables)),
  ) as MatrixOperation['variables'],
})

/** Changes what there is; removing comes last. */
async function changeAll(
  { app: { origin } }: MatrixHouse,
  { actor, mutations }: { actor: Actor; mutations: readonly MatrixOperation[] },
): Promise<readonly MatrixAnswer[]> {
  const removes = ({ field }: MatrixOperation) => /^(?:delete|revoke|remove|cancel)/.test(field)
  const actors = [actor]
  const first = await askAll(origin, {
    actors,
    operations: mutations.filter((each) => !removes(each)),
  })
  const last = await askAll(origin, { actors, operations: mutations.filter(removes) })
  return [...first, ...last]
}

/** The fields that were answered with a success. */
export const succeeded = (answers: readonly MatrixAnswer[]): ReadonlySet<string> =>
  new Set(
    answers
      .filter((each) => outcomeOf(each).type.endsWith('Success'))
      .map(({ operation }) => operation.field),
  )
