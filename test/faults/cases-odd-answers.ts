import { answered, type FaultCase } from './fault-case.ts'
import { uncountedDocuments } from './odd-documents.ts'
import { streamsWith, uncountedOddities, wholeOddities } from './odd-streams.ts'

/** Answers that are written strangely, or without a usage that can be read: answers all the same. */
export const casesOfOddAnswers: readonly FaultCase[] = [
  ...[...wholeOddities, ...uncountedOddities].map((oddity): FaultCase => {
    const target = { at: 'first', plays: [streamsWith(oddity)], asked: 1 } as const
    return {
      name: `a stream with ${oddity}`,
      stream: true,
      targets: [target],
      expected: answered,
    }
  }),
  ...Object.entries(uncountedDocuments).map(([oddity, does]): FaultCase => ({
    name: `a document with ${oddity}`,
    stream: false,
    targets: [{ at: 'first', plays: [does], asked: 1 }],
    expected: answered,
  })),
]
