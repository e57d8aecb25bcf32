import type { Outcome } from './client.ts'

/** What a mutation's refusal says. */
interface Refusal {
  readonly message: string
  readonly code: string
  readonly requestId: string
  readonly issues?: readonly { readonly path: readonly string[]; readonly message: string }[]
}

/** A change that is being sent: whether it is under way, and why it was refused. */
export class Submission {
  busy = $state(false)
  /** Of the last try; null while none was refused. */
  failure = $state.raw<{ readonly message: string; readonly requestId: string | null } | null>(null)
  #issues = $state.raw<NonNullable<Refusal['issues']>>([])

  /**
   * Sends a mutation and keeps why it was refused. A conflict is no refusal: whoever sent it settles that.
   *
   * @returns The result, refused or not; null when there was none.
   */
  async send<Data, Result extends object>(
    sending: Promise<Outcome<Data>>,
    resultOf: (data: Data) => Result,
  ): Promise<Result | null> {
    this.busy = true
    this.clear()
    const outcome = await sending
    this.busy = false
    if (!outcome.ok) {
      this.failure = outcome.failure
      return null
    }
    const result = resultOf(outcome.data)
    if (isRefusal(result) && result.code !== 'CONFLICT') {
      this.failure = result
      this.#issues = result.issues ?? []
    }
    return result
  }

  /** What is wrong with a field of the input, by its name; null when nothing is known to be. */
  problem(field: string): string | null {
    const issue = this.#issues.find(({ path }) => path.includes(field))
    return issue ? capitalised(issue.message) : null
  }

  /** The refusal, unless every part of it stands beside one of the fields. */
  failureBeside(
    fields: readonly string[],
  ): { readonly message: string; readonly requestId: string | null } | null {
    const isShown = ({ path }: { readonly path: readonly string[] }) =>
      fields.some((field) => path.includes(field))
    return this.#issues.length > 0 && this.#issues.every(isShown) ? null : this.failure
  }

  clear(): void {
    this.failure = null
    this.#issues = []
  }
}

const isRefusal = (result: object): result is Refusal => 'code' in result && 'message' in result

const capitalised = (text: string) => {
  const sentence = text.charAt(0).toUpperCase() + text.slice(1)
  return sentence.endsWith('.') ? sentence : `${sentence}.`
}
