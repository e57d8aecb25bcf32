import { createClient } from 'graphql-ws'
import { z } from 'zod'
import { CliFailure } from './cli-failure.ts'

const failure = z.object({
  message: z.string(),
  extensions: z.object({ code: z.string().optional() }).optional(),
})

/** GraphQL's errors: the first says why there is no data. */
const errors = z.tuple([failure], failure)

const reply = z.object({ data: z.unknown().optional(), errors: errors.optional() })

const refusal = z.object({
  code: z.string(),
  message: z.string(),
  issues: z.array(z.object({ path: z.array(z.string()), message: z.string() })).optional(),
})

/** What every mutation selects besides its success; the union's members that are refusals answer it. */
export const refusalFields =
  '... on Error { code message } ... on ValidationError { issues { path message } }'

/** One document, and the shape of what it answers. */
export interface Operation<Data> {
  readonly document: string
  readonly data: z.ZodType<Data>
  readonly variables?: Readonly<Record<string, unknown>>
}

/** The GraphQL door of a running server. */
export class ServerApi {
  readonly origin: string
  readonly #token: string | undefined

  /** @param origin Without a trailing slash. */
  constructor(origin: string, token: string | undefined) {
    this.origin = origin
    this.#token = token
  }

  /** @throws {CliFailure} When the server is away, wants a token, refuses, or answers something else. */
  async run<Data>({ document, data, variables }: Operation<Data>): Promise<Data> {
    const response = await fetch(`${this.origin}/graphql`, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        accept: 'application/graphql-response+json',
        ...(this.#token !== undefined && { authorization: `Bearer ${this.#token}` }),
      },
      body: JSON.stringify({ query: document, variables }),
    }).catch((cause: unknown) => {
      throw this.#away(cause)
    })
    const text = await response.text()
    if (response.status === 401) throw this.#wantsToken()
    const answer = reply.safeParse(jsonOf(text))
    if (!answer.success) {
      throw new CliFailure(
        `${this.origin} answered ${response.status}, and not as this product does. Is ORCHESTRATOR_URL right?`,
        { code: 'INVALID_REQUEST' },
      )
    }
    if (answer.data.errors) throw this.#failed(answer.data.errors[0])
    return checked(data, answer.data.data)
  }

  /**
   * Follows a subscription until the server ends it, or the caller: an abort ends it without an error.
   *
   * @throws {CliFailure} As `run` does.
   */
  async *follow<Data>(
    { document, data, variables = {} }: Operation<Data>,
    signal: AbortSignal,
  ): AsyncGenerator<Data, void, undefined> {
    const client = createClient({
      url: `${this.origin.replace(/^http/, 'ws')}/graphql`,
      connectionParams: this.#token === undefined ? {} : { authorization: `Bearer ${this.#token}` },
      retryAttempts: 0,
    })
    const results = client.iterate({ query: document, variables })
    const end = () => void results.return?.()
    signal.addEventListener('abort', end)
    try {
      for await (const result of results) {
        const found = errors.safeParse(result.errors)
        if (found.success) throw this.#failed(found.data[0])
        yield checked(data, result.data)
      }
    } catch (error) {
      if (!signal.aborted) throw this.#socketFailure(error)
    } finally {
      signal.removeEventListener('abort', end)
      await client.dispose()
    }
  }

  #socketFailure(error: unknown): CliFailure {
    if (error instanceof CliFailure) return error
    const listed = errors.safeParse(error)
    if (listed.success) return this.#failed(listed.data[0])
    const closed = z.object({ code: z.number(), reason: z.string() }).safeParse(error)
    if (closed.success && (closed.data.code === 4401 || closed.data.code === 4403)) {
      return this.#wantsToken()
    }
    if (closed.success && closed.data.reason !== '') {
      return new CliFailure(`${this.origin} closed the connection: ${closed.data.reason}`, {
        code: 'INTERNAL',
        cause: error,
      })
    }
    return this.#away(error)
  }

  #failed({ message, extensions }: z.infer<typeof failure>): CliFailure {
    return extensions?.code === 'UNAUTHENTICATED'
      ? this.#wantsToken()
      : new CliFailure(message, { code: extensions?.code })
  }

  #wantsToken(): CliFailure {
    return new CliFailure(
      `${this.origin} does not accept ${this.#token === undefined ? 'calls without a token' : 'this token'}: give one with --token, or in ORCHESTRATOR_TOKEN (or ROUTER_AUTH_TOKEN).`,
      { code: 'UNAUTHENTICATED' },
    )
  }

  #away(cause: unknown): CliFailure {
    return new CliFailure(
      `No server answers at ${this.origin}. Start one in another terminal with \`npm start\`, or say where it is with --url or ORCHESTRATOR_URL.`,
      { code: 'PROVIDER_NETWORK', cause },
    )
  }
}

/**
 * Takes the success out of a mutation's result.
 *
 * @throws {CliFailure} With the server's own words when it refused.
 */
export function accepted<Data>(success: z.ZodType<Data>, result: unknown): Data {
  const refused = refusal.safeParse(result)
  if (!refused.success) return checked(success, result)
  const { code, message, issues = [] } = refused.data
  const details = issues.map((issue) => `\n  ${issue.path.join('.')}: ${issue.message}`)
  throw new CliFailure(message + details.join(''), { code })
}

function checked<Data>(schema: z.ZodType<Data>, data: unknown): Data {
  const result = schema.safeParse(data)
  if (result.success) return result.data
  throw new CliFailure('The server answered in another shape: is it of another version?', {
    code: 'INTERNAL',
    cause: result.error,
  })
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
