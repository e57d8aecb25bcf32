import type { RuleTester } from 'oxlint/plugins-dev'

/** A lint rule of the house, in oxlint's shape. */
export type Rule = Parameters<RuleTester['run']>[1]

/** What a report can point at. */
export interface Located {
  range: [start: number, end: number]
}
