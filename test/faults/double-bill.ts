/** What the double was asked once, what came of it, and what it wants to be paid. Instants are monotonic milliseconds. */
export interface BillEntry {
  readonly model: string
  /** From 0, of the requests for that model. */
  readonly turn: number
  readonly body: Readonly<Record<string, unknown>>
  readonly headers: Readonly<Record<string, string>>
  readonly receivedAt: number
  /** The whole answer, with the beginning that the request brought; undefined where none was meant to be given. */
  text: string | undefined
  readonly promptTokens: number
  /** Produced, and so to be paid, whoever was left to read them. */
  tokens: number
  /** Whether a byte of a 200 has left. */
  began: boolean
  /** It said no: nothing is to be paid. */
  refused: boolean
  /** When the gateway closed the connection under the answer; undefined where it did not. */
  leftAt: number | undefined
  /** Resolves when the answer is over: sent, broken, or left by the gateway. */
  readonly over: Promise<void>
}

/** What the double's models cost, in ticks per token, and as a configuration writes it, in USD per million tokens. */
const tokenPrice = { input: 4_000n, output: 16_000n }
export const listPrice = { input: '0.40', output: '1.60' }

/** What the double charges for a request, in ticks. */
export function chargeOf({ promptTokens, refused, tokens }: BillEntry): bigint {
  if (refused) return 0n
  return BigInt(promptTokens) * tokenPrice.input + BigInt(tokens) * tokenPrice.output
}
