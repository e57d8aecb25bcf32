import { type ExecutionArgs, type ExecutionResult, Kind } from 'graphql'
import type { GraphqlContext } from './context.ts'
import type { Documents } from './documents.ts'
import { type ErrorLog, presentErrors } from './present-errors.ts'

/** Somebody who is sent results as they are: JSON text that is the same for many. */
export interface FeedMember {
  /** Sends a result's JSON, or leaves it out while the last one has not gone. */
  send(payload: string): void
}

type Events = AsyncIterableIterator<ExecutionResult, undefined>
type Subscribe = (args: ExecutionArgs) => Promise<Events | ExecutionResult>

/**
 * Subscriptions whose results do not depend on who asks, only on what: executed and written as JSON once for all
 * subscribers with the same document, variables, tenant and rights.
 */
export interface LiveFeed {
  /** Joins, or returns undefined where the operation is none of that kind. */
  join(args: ExecutionArgs, member: FeedMember): Promise<Events | ExecutionResult> | undefined
}

interface Group {
  readonly members: Set<Membership>
  readonly source: Events
  last: string | undefined
}

interface Membership extends FeedMember {
  readonly end: () => void
}

export function createLiveFeed(options: {
  documents: Documents
  subscribe: Subscribe
  log: ErrorLog
}): LiveFeed {
  const groups = new Map<string, Promise<Group | ExecutionResult>>()

  const open = async (key: string, args: ExecutionArgs): Promise<Group | ExecutionResult> => {
    const source = await options.subscribe(args)
    if (!(Symbol.asyncIterator in source)) {
      groups.delete(key)
      return source
    }
    const group: Group = { members: new Set(), source, last: undefined }
    void pump(group, {
      requestId: (args.contextValue as GraphqlContext).requestId,
      log: options.log,
    }).finally(() => {
      groups.delete(key)
      for (const { end } of group.members) end()
    })
    return group
  }

  return {
    join(args, member) {
      const context = args.contextValue as GraphqlContext
      const mayRead = context.viewer.scopes.has('read') || context.viewer.scopes.has('admin')
      if (!mayRead || !isLiveMetrics(options.documents, args)) return undefined
      const key = keyOf(args, context)
      const joined = groups.get(key) ?? open(key, args)
      groups.set(key, joined)
      return joined.then((group) => ('members' in group ? enter(group, member) : group))
    },
  }
}

/** Sends each result to all members, until there are none or the source ends. */
async function pump(
  group: Group,
  presentation: { requestId: string; log: ErrorLog },
): Promise<void> {
  try {
    for await (const result of group.source) {
      group.last = JSON.stringify(presentErrors(result, presentation))
      for (const { send } of group.members) send(group.last)
    }
  } catch (err) {
    presentation.log.error({ err, requestId: presentation.requestId }, 'a live feed broke off')
  }
}

/** One member's subscription: it brings no events of its own, and ends with the membership. */
function enter(group: Group, member: FeedMember): Events {
  const ended = Promise.withResolvers<IteratorResult<ExecutionResult, undefined>>()
  const leave = async (): Promise<IteratorResult<ExecutionResult, undefined>> => {
    ended.resolve({ done: true, value: undefined })
    if (group.members.delete(membership) && group.members.size === 0) await group.source.return?.()
    return { done: true, value: undefined }
  }
  const membership: Membership = {
    send: (payload) => member.send(payload),
    end: () => ended.resolve({ done: true, value: undefined }),
  }
  group.members.add(membership)
  if (group.last !== undefined) member.send(group.last)
  return {
    next: () => ended.promise,
    return: leave,
    throw: leave,
    [Symbol.asyncIterator]() {
      return this
    },
  }
}

function isLiveMetrics(documents: Documents, { document, operationName }: ExecutionArgs): boolean {
  const selections =
    documents.operation(document, operationName)?.node.selectionSet.selections ?? []
  const [only] = selections
  return (
    selections.length === 1 &&
    only?.kind === Kind.FIELD &&
    only.name.value === 'liveMetrics' &&
    !only.directives?.length
  )
}

function keyOf(
  { document, operationName, variableValues }: ExecutionArgs,
  { viewer }: GraphqlContext,
): string {
  const rights = [...viewer.scopes].toSorted().join(' ')
  return JSON.stringify([
    document.loc?.source.body,
    operationName,
    variableValues,
    viewer.tenantId,
    rights,
  ])
}
