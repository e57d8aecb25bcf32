import { ask, type Heard, type Question } from './caller.ts'

/** Asks the same thing many times, so many at once, and waits for all. */
export async function askOften(
  origin: string,
  question: Question,
  { calls, atOnce }: { calls: number; atOnce: number },
): Promise<readonly Heard[]> {
  const heard: Heard[] = []
  let left = calls
  const lane = async () => {
    while (left-- > 0) heard.push(await ask(origin, question))
  }
  await Promise.all(Array.from({ length: Math.min(calls, atOnce) }, lane))
  return heard
}

/** Asks the same thing again and again, so many at once, until it is stopped; then tells what was heard. */
export function askOn(
  origin: string,
  question: Question,
  { atOnce }: { atOnce: number },
): { stop(): Promise<readonly Heard[]> } {
  const heard: Heard[] = []
  let isOver = false
  const lane = async () => {
    while (!isOver) heard.push(await ask(origin, question))
  }
  const lanes = Promise.all(Array.from({ length: atOnce }, lane))
  return {
    async stop() {
      isOver = true
      await lanes
      return heard
    },
  }
}

/** How many heard what, such as `200 whole` or `503 circuit_open`. */
export function tally(heard: readonly Heard[]): Readonly<Record<string, number>> {
  const counts: Record<string, number> = {}
  for (const { code, isWhole, status } of heard) {
    const what = `${status} ${isWhole ? 'whole' : code}`
    counts[what] = (counts[what] ?? 0) + 1
  }
  return counts
}
