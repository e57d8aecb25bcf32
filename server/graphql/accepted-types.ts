const mostKept = 100

/** The content types that Yoga chose for whole results, by Accept header: what it chose once, it will choose again. */
export class AcceptedTypes {
  readonly #types = new Map<string, string>()

  of(accept: string | undefined): string | undefined {
    return this.#types.get(accept ?? '')
  }

  learn(accept: string | null | undefined, contentType: string): void {
    if (!/^application\/(?:graphql-response\+)?json\b/.test(contentType)) return
    if (this.#types.size >= mostKept) this.#types.clear()
    this.#types.set(accept ?? '', contentType)
  }
}
