import { describe, expect, it } from 'vitest'
import type { Allowance, AllowanceSubject } from '#domain/allowance.ts'
import { GatewayError } from '#domain/errors.ts'
import { grantedAttempt } from '#domain/hold.ts'
import type { AttemptOpening, RequestOpening } from '#domain/request-record.ts'
import type { Reservation } from '#gateway/ports.ts'
import type { ProviderRequest } from '#providers/adapter.ts'
import {
  answerOf,
  callRequest,
  endChunk,
  fakeGateway,
  MemoryRecords,
  scriptedAdapter,
} from '../../support/fake-gateway.ts'
import { failing, refusing, troubledGateway } from '../../support/troubled-gateway.ts'

const budget: Allowance = {
  id: 'b',
  tenantId: 't',
  kind: 'BUDGET',
  name: 'Team A',
  scope: { kind: 'TENANT', value: 't' },
  unit: 'TICKS',
  limit: 1000n,
  period: 'MONTH',
  timeZone: 'UTC',
  action: 'BLOCK',
  thresholds: [],
}
const quota: Allowance = { ...budget, kind: 'QUOTA', unit: 'REQUESTS' }

/** Grants so many output tokens to whoever asks, or refuses. */
class GrantingRecords extends MemoryRecords {
  readonly reservations: Reservation[] = []
  readonly #grant: number | GatewayError

  constructor(grant: number | GatewayError) {
    super()
    this.#grant = grant
  }

  override async begin(
    request: RequestOpening,
    attempt: AttemptOpening,
    reservation?: Reservation,
  ): Promise<AttemptOpening> {
    await super.begin(request, attempt)
    if (!reservation) return attempt
    this.reservations.push(reservation)
    if (this.#grant instanceof GatewayError) throw this.#grant
    const windows = [{ id: '1', unit: 'TICKS', held: 1n } as const]
    return grantedAttempt(attempt, reservation.demand, { outputTokens: this.#grant, windows })
  }
}

/** Runs a call under allowances, and keeps what the provider and the records were asked. */
async function run(
  allowances: readonly Allowance[],
  {
    grant = 50,
    body = {},
    allowUnpriced = false,
    price,
    kind = 'OPENAI',
  }: {
    grant?: number | GatewayError
    body?: Record<string, unknown>
    allowUnpriced?: boolean
    price?: null
    kind?: 'OPENAI' | 'OPENROUTER'
  } = {},
) {
  const records = new GrantingRecords(grant)
  const subjects: AllowanceSubject[] = []
  const sent: ProviderRequest[] = []
  const adapter = scriptedAdapter(
    async (call) => {
      sent.push(call)
      return answerOf(
        (async function* () {
          yield endChunk()
        })(),
      )
    },
    { kind },
  )
  const { gateway } = fakeGateway(adapter, {
    records,
    allowances: {
      of(subject) {
        subjects.push(subject)
        return allowances
      },
      allowUnpriced,
    },
    ...(price === null && { price }),
  })
  const plain = callRequest().request
  const text = JSON.stringify({ ...plain.body, ...body })
  const asked = callRequest({ text, body: JSON.parse(text) })
  const outcome = await gateway.run(gateway.open(asked)).then(
    (answer) => ({ answer }),
    (error: GatewayError) => ({ error }),
  )
  return { outcome, records, subjects, sent: sent[0]?.request }
}

describe('a call under a budget that may refuse it', () => {
  it('asks for its worst case, and is limited to what it was granted', async () => {
    const { records, sent } = await run([budget], { grant: 20, body: { max_tokens: 50 } })
    const [reservation] = records.reservations
    expect(reservation?.demand).toMatchObject({ outputTokens: 50, leastOutputTokens: 16 })
    expect(reservation?.demand.inputTokens).toBeGreaterThan(10)
    expect(sent?.body['max_tokens']).toBe(20)
  })

  it.each([
    ['OPENAI', 'max_completion_tokens'],
    ['OPENROUTER', 'max_tokens'],
  ] as const)("gets a limit by %s' word for it where it has none", async (kind, word) => {
    const { sent } = await run([budget], { grant: 1000, kind, body: { max_tokens: undefined } })
    expect(sent?.body[word]).toBe(1000)
  })

  it('is not sent when it is refused, and recorded as refused', async () => {
    const refusal = new GatewayError('BUDGET_EXCEEDED', 'spent')
    const { outcome, sent, records } = await run([budget], { grant: refusal })
    expect(outcome).toEqual({ error: refusal })
    expect(sent).toBeUndefined()
    expect(records.ended).toMatchObject([
      { status: 'REFUSED', errorCode: 'BUDGET_EXCEEDED', cost: null, attempts: [] },
    ])
  })

  it('is refused for a model without a price, unless the configuration allows it', async () => {
    const refused = await run([budget], { price: null })
    expect(refused.outcome).toMatchObject({ error: { code: 'UNPRICED_MODEL' } })
    expect(refused.sent).toBeUndefined()
    const allowed = await run([budget], { price: null, allowUnpriced: true })
    expect(allowed.outcome).toHaveProperty('answer')
  })

  it.each([
    [{ tools: [{ type: 'web_search' }] }, 'A tool that the provider runs'],
    [{ web_search_options: {} }, 'web_search_options'],
    [{ search_parameters: { mode: 'on' } }, 'search_parameters'],
    [{ plugins: [{ id: 'web' }] }, 'plugins'],
    [{ models: ['dearer'] }, 'models'],
    [{ preset: 'dearer' }, 'preset'],
    [
      { messages: [{ role: 'user', content: [{ type: 'image_url', image_url: { url: 'x' } }] }] },
      'images or audio',
    ],
    [{ messages: [{ role: 'user', content: [{ image_url: 'x' }] }] }, 'images or audio'],
    [{ messages: [{ role: 'assistant', audio: { id: 'x' } }] }, 'images or audio'],
  ])('is refused where nothing bounds its cost: %j', async (body, words) => {
    const { outcome, sent } = await run([budget], { body })
    expect(outcome).toMatchObject({
      error: { code: 'INVALID_REQUEST', message: expect.stringContaining(words) },
    })
    expect(sent).toBeUndefined()
  })
})

describe('a call that nothing can refuse for its size', () => {
  it.each([[[{ ...budget, action: 'NOTIFY' } as const]], [[quota]], [[]]])(
    'goes up as it came',
    async (allowances: readonly Allowance[]) => {
      const { sent } = await run(allowances, { body: { tools: [{ type: 'web_search' }] } })
      expect(sent?.text).toBe(
        JSON.stringify({ ...callRequest().request.body, tools: [{ type: 'web_search' }] }),
      )
    },
  )

  it('is looked up by who calls, and what', async () => {
    const { subjects } = await run([])
    expect(subjects).toMatchObject([
      { providerName: 'openai', model: 'gpt-test', simulated: false, apiKeyId: null },
    ])
  })
})

describe('a call that is tried again', () => {
  const nothing = refusing('PROVIDER_UNAVAILABLE', 503)
  const tried = async (failure: GatewayError) => {
    const records = new GrantingRecords(50)
    const { ask } = troubledGateway(
      { a: { plays: [failure] }, b: { plays: [{ says: ['fine'] }] } },
      { allowances: { of: () => [budget, { ...quota, id: 'q' }], allowUnpriced: false }, records },
    )
    await ask()
    return records
  }

  it('gives back what the attempt holds that cost nothing', async () => {
    const { reservations, ended } = await tried(nothing)
    expect(reservations.map(({ free = [] }) => free.map(({ index }) => index))).toEqual([
      [],
      [0],
      [1],
      [2],
    ])
    expect(ended[0]?.attempts.map(({ windows }) => windows?.[0]?.held)).toEqual([0n, 0n, 0n, 1n])
  })

  it('goes on holding what may be billed', async () => {
    const { reservations, ended } = await tried(failing('PROVIDER_TIMEOUT'))
    expect(reservations.map(({ free = [] }) => free.length)).toEqual([0, 0])
    expect(ended[0]?.attempts.map(({ windows }) => windows?.[0]?.held)).toEqual([1n, 1n])
  })

  it('is one request', async () => {
    const { reservations } = await tried(nothing)
    expect(reservations.map(({ allowances }) => allowances.map(({ id }) => id))).toEqual([
      ['b', 'q'],
      ['b'],
      ['b'],
      ['b'],
    ])
  })
})
