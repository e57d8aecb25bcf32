import { clock } from './clock.svelte.ts'
import { session } from './session.svelte.ts'

/** The documents that Router v0.7.2 answered with, and still does. */
export const documentPaths = ['/', '/health', '/stats', '/v1/models'] as const
export type DocumentPath = (typeof documentPaths)[number]

export interface RouterDocument {
  /** As it came; undefined until it has. */
  readonly body: unknown
  /** Why there is no newer one. */
  readonly problem: string | null
  readonly requestId: string | null
}

/** The four documents, read again at a pace while the page is seen. */
export class RouterDocuments {
  #documents = $state.raw<Partial<Record<DocumentPath, RouterDocument>>>({})
  #again = $state(0)

  constructor({ everyMs, paused }: { everyMs: number; paused: () => boolean }) {
    $effect(() => {
      void this.#again
      for (const path of documentPaths) void this.#read(path)
    })
    $effect(() => {
      if (paused() || !clock.seen) return
      const timer = setInterval(() => this.refresh(), everyMs)
      return () => clearInterval(timer)
    })
  }

  at(path: DocumentPath): RouterDocument | undefined {
    return this.#documents[path]
  }

  refresh(): void {
    this.#again += 1
  }

  async #read(path: DocumentPath): Promise<void> {
    const headers = { accept: 'application/json' }
    const next = await fetch(path, { headers }).then(answered, unreachable)
    const last = this.#documents[path]
    this.#documents = { ...this.#documents, [path]: { ...next, body: next.body ?? last?.body } }
  }
}

async function answered(response: Response): Promise<RouterDocument> {
  const requestId = response.headers.get('x-request-id')
  if (response.status === 401) session.refuse()
  if (!response.ok)
    return { body: undefined, problem: `The server answered ${response.status}.`, requestId }
  const body: unknown = await response.json().catch(() => undefined)
  const problem = body === undefined ? 'The server sent no JSON.' : null
  return { body, problem, requestId }
}

const unreachable = (): RouterDocument => ({
  body: undefined,
  problem: 'The server cannot be reached.',
  requestId: null,
})
