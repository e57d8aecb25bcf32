import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { sql } from '../support/store.ts'
import { type MatrixAnswers, matrixAnswers, succeeded } from './tenant-matrix-answers.ts'
import { matrixActors, type MatrixCases, matrixCases } from './tenant-matrix-cases.ts'
import {
  foreignIn,
  settledAnswer,
  textsOf,
  withNobodysIds,
  withoutIds,
} from './tenant-matrix-evidence.ts'
import { type MatrixHouse, openHouse } from './tenant-matrix-house.ts'
import { beginLiveOfA, type LiveOfA } from './tenant-matrix-live.ts'
import { nodeTypes } from './tenant-matrix-operations.ts'
import { restName } from './tenant-matrix-rest.ts'
import { isTurnedAway, type MatrixAnswer, nameOf, outcomeOf } from './tenant-matrix-run.ts'
import { nodeIds, sharedNodeIds } from './tenant-matrix-tenants.ts'

let house: MatrixHouse
let live: LiveOfA
let cases: MatrixCases
let matrix: MatrixAnswers
beforeAll(async () => {
  house = await openHouse()
  live = await beginLiveOfA(house)
  cases = await matrixCases(house, live)
  matrix = await matrixAnswers(house, { cases, live })
}, 180_000)
afterAll(async () => {
  await live?.socket.lose()
  await house?.close()
})

const leaksOf = ({ operation, text }: MatrixAnswer, told: readonly string[] = []) => {
  const question = JSON.stringify(operation.variables)
  return foreignIn(text, { question, told, liveIds: liveIds() })
}
const liveIds = () => [live.given.completionId, live.given.requestId, ...matrix.ownCallIds]
const leaking = (answers: readonly MatrixAnswer[], told: readonly string[] = []) =>
  answers.flatMap((answer) => leaksOf(answer, told).map((leak) => `${nameOf(answer)}: ${leak}`))

/** Routes that tell or change what is no tenant's. */
const ofInstallation = new Set(['/stats', '/metrics', '/admin/reload'])

const is = (actor: { readonly name: string }, ...others: readonly { readonly name: string }[]) =>
  others.some(({ name }) => name === actor.name)

it('has at least 500 cases', () => {
  const { calls, changes, closeCodes, feeds, reads, rest, turnedAway } = matrix
  const all = [calls, changes, closeCodes, feeds, reads, rest, turnedAway]
  const count = all.reduce((sum, { length }) => sum + length, 0)
  console.info(`${count} cases, ${all.map(({ length }) => length).join(' + ')}`)
  expect(count).toBeGreaterThanOrEqual(500)
})

describe('another tenant is told nothing', () => {
  it('by any query or node', () => {
    expect(leaking(matrix.reads)).toEqual([])
  })

  it('by any mutation', () => {
    // What C has said once it may be told again.
    const told = cases.mutations.flatMap(({ variables }) => textsOf(JSON.stringify(variables)))
    const { ownViewer } = matrixActors(house)
    const ofOthers = matrix.changes.filter(({ actor }) => !is(actor, ownViewer))
    expect(leaking(ofOthers, told)).toEqual([])
  })

  it('by any subscription', () => {
    expect(leaking([...matrix.feeds, ...matrix.calls])).toEqual([])
  })

  it('by any route of REST', () => {
    const found = matrix.rest.filter(({ status: _status, text, ...asked }) => {
      const question = JSON.stringify(asked)
      return foreignIn(text, { question, liveIds: liveIds() }).length > 0
    })
    expect(found.map(restName)).toEqual([])
  })

  it('by what is counted and summed: all is the same once the tenant is gone', () => {
    const differing = matrix.reads.filter(({ text }, index) => {
      const without = matrix.readsWithoutA[index]?.text ?? '{}'
      return settledAnswer(text) !== settledAnswer(without)
    })
    expect(differing.map(nameOf)).toEqual([])
  })

  it('by live figures', () => {
    const figures = matrix.feedsOfStillness.filter(
      ({ operation, text }) => operation.field === 'liveMetrics' && text.includes('"inFlight"'),
    )
    expect(figures.length).toBeGreaterThan(0)
    expect(figures.filter(({ text }) => isBusy(text)).map(nameOf)).toEqual([])
  })

  it('by whether an id exists', () => {
    const differing = matrix.changesOfNothing.filter((answer, index) => {
      const asked = matrix.changes[index]
      const question = JSON.stringify(asked?.operation.variables)
      if (!asked || withNobodysIds(question) === question) return false
      return withoutIds(asked.text) !== withoutIds(answer.text)
    })
    expect(differing.map(nameOf)).toEqual([])
  })
})

const isBusy = (text: string) => /"(?:inFlight|queued|\w+PerSecond)":(?!0[,}])/.test(text)

it('an idempotency key of another’s begins a call of one’s own', () => {
  const asked = matrix.calls.filter(({ operation }) => operation.label.endsWith('idempotency key'))
  expect(matrix.ownCallIds.length).toBeGreaterThan(0)
  expect(asked.filter(({ text }) => !text.includes('CompletionFinished')).map(nameOf)).toEqual([])
})

it('nothing fails unexpectedly', () => {
  const { calls, changes, changesOfNothing, feeds, own, ownChanges, reads, turnedAway } = matrix
  const all = [calls, changes, changesOfNothing, feeds, own, ownChanges, reads, turnedAway].flat()
  expect(all.filter(({ text }) => text.includes('"INTERNAL"')).map(nameOf)).toEqual([])
})

it('nothing of a tenant’s is changed by others', () => {
  expect(matrix.rows.after).toEqual(matrix.rows.before)
})

it('a lower role changes nothing, and is told which scope it lacks', () => {
  const { caller, changersViewer, ownViewer } = matrixActors(house)
  const wrong = matrix.changes.filter((answer) => {
    const { actor, operation } = answer
    const calls = operation.query.includes('CompletionInput!')
    if (!is(actor, changersViewer, ownViewer) && !(is(actor, caller) && !calls)) return false
    const { missingScopes, type } = outcomeOf(answer)
    return type !== 'NotFoundError' && (type !== 'ForbiddenError' || missingScopes.length === 0)
  })
  expect(wrong.map((answer) => `${nameOf(answer)}: ${outcomeOf(answer).type}`)).toEqual([])
})

describe('whoever has no valid key is turned away', () => {
  it('by GraphQL', () => {
    expect(matrix.turnedAway.filter((answer) => !isTurnedAway(answer)).map(nameOf)).toEqual([])
  })

  it('by WebSocket', () => {
    expect(matrix.closeCodes.filter((code) => code !== 4401 && code !== 4403)).toEqual([])
  })
})

describe('REST', () => {
  it('lets in whom a route says', () => {
    const { changersViewer, turnedAway } = matrixActors(house)
    const wrong = matrix.rest.filter(({ actor, route, status }) => {
      if (route.access === 'open') return status === 500
      if (is(actor, ...turnedAway)) return status !== (actor.token === null ? 401 : 403)
      if (ofInstallation.has(route.path)) return status !== 403
      const mayCall = route.needs !== undefined || !is(actor, changersViewer)
      return mayCall ? status === 401 : status < 400
    })
    expect(wrong.map(restName)).toEqual([])
    const said = house.app.routes.filter((route) => route.ofInstallation).map(({ path }) => path)
    expect(new Set(said)).toEqual(ofInstallation)
  })

  it('writes a call down for its caller’s tenant, whatever it says', async () => {
    const answered = matrix.rest.filter(
      ({ path, status }) => path === '/v1/chat/completions' && status === 200,
    )
    expect(answered.length).toBeGreaterThan(0)
    const rows = await sql<{ tenant: string }>(
      house.store.databaseUrl,
      `select distinct tenant_id as tenant from request
       where surface = 'OPENAI_CHAT' and end_user = $1 and created_at > to_timestamp($2 / 1000.0)`,
      [house.a.endUser, house.store.startMs],
    )
    expect(rows.map(({ tenant }) => tenant)).toEqual([house.c.tenantId])
  })

  it('shows a key the models that it may use', () => {
    const { caller } = matrixActors(house)
    const lists = matrix.rest.filter(
      ({ actor, path }) => is(actor, caller) && path === '/v1/models',
    )
    const names = lists.flatMap(({ text }) => [...text.matchAll(/"id":"([^"]+)"/g)])
    expect(names.map(([, id]) => id)).toEqual(['simulator:echo'])
  })
})

describe('the matrix could fail', () => {
  it('has an id of each type that has ids', () => {
    const known = { ...nodeIds(house.a), ...sharedNodeIds }
    expect(nodeTypes(cases.schema).filter((type) => known[type] === undefined)).toEqual([])
  })

  it('asks what can be asked', () => {
    const broken = matrix.own.filter(
      ({ status, text }) => status === 400 || /got invalid value/.test(text),
    )
    expect(broken.map((answer) => `${nameOf(answer)}: ${answer.text.slice(0, 300)}`)).toEqual([])
  })

  it('finds what is A’s wherever A itself looks', () => {
    const found = matrix.own.filter((each) => leaksOf(each).length > 0)
    const fields = new Set(found.map(({ operation }) => operation.field))
    const { schema } = cases
    const types = [schema.getQueryType(), schema.getSubscriptionType()]
    const roots = types.flatMap((root) => Object.keys(root?.getFields() ?? {}))
    // Of the installation, or figures alone.
    const markless = [
      'explainCompletion',
      'liveMetrics',
      'models',
      'priceOverrides',
      'provider',
      'providers',
      'server',
    ]
    expect(roots.filter((field) => !fields.has(field)).toSorted()).toEqual(markless)
    const figures = matrix.own.filter(({ operation }) => operation.field === 'liveMetrics')
    expect(figures.some(({ text }) => isBusy(text))).toBe(true)
  })

  it('tries changes that succeed for whoever may make them', () => {
    const made = succeeded(matrix.ownChanges)
    const all = Object.keys(cases.schema.getMutationType()?.getFields() ?? {})
    expect(all.filter((field) => !made.has(field))).toEqual([])
  })
})
