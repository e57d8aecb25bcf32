import type { AnswerEnd, JsonObject } from '#domain/chat.ts'
import type { Dialect } from './dialect.ts'
import { objectOf, textOf } from './shape.ts'
import { digitsAt } from './usage.ts'

/** What is to be known for the bill of an answer. */
export type Account = Omit<AnswerEnd, 'finishReason'>

/** What a document, or a stream's event, says of model, tier, usage and cost. */
export function accountOf(document: JsonObject, text: string, dialect: Dialect): Account {
  const usage = objectOf(document['usage'])
  return {
    servedModel: textOf(document['model']),
    serviceTier: textOf(document['service_tier']),
    usage: usage && dialect.usage(usage),
    reportedCost:
      usage && dialect.reportedCost?.(usage, (...path) => digitsAt(text, ['usage', ...path])),
  }
}

/** Usage can repeat in each event: the last one counts, and is never added to an earlier one. */
export function latestAccount(known: Account, now: Account): Account {
  if (
    !now.usage &&
    now.reportedCost === undefined &&
    known.servedModel === now.servedModel &&
    known.serviceTier === now.serviceTier
  ) {
    return known
  }
  return {
    servedModel: now.servedModel ?? known.servedModel,
    serviceTier: now.serviceTier ?? known.serviceTier,
    usage: now.usage ?? known.usage,
    reportedCost: now.reportedCost ?? known.reportedCost,
  }
}
