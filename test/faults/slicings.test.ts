import { readdirSync } from 'node:fs'
import { isDeepStrictEqual } from 'node:util'
import { gzipSync } from 'node:zlib'
import { expect, it } from 'vitest'
import { Cancellation } from '#domain/cancellation.ts'
import type { ChatEvent } from '#domain/chat.ts'
import type { ProviderConfig } from '#domain/config.ts'
import { GatewayError } from '#domain/errors.ts'
import { createAgentAdapter } from '#providers/agent/index.ts'
import { createOllamaAdapter } from '#providers/ollama/index.ts'
import { createOpenAiAdapter } from '#providers/openai/index.ts'
import { createOpenAiCompatibleAdapter } from '#providers/openai-compatible/index.ts'
import { createOpenRouterAdapter } from '#providers/openrouter/index.ts'
import { createPerplexityAdapter } from '#providers/perplexity/index.ts'
import { createRagAdapter } from '#providers/rag/index.ts'
import { createXaiAdapter } from '#providers/xai/index.ts'
import { callRequest, providerConfig } from '#test/support/fake-gateway.ts'
import { slicedUpstream } from '#test/support/sliced-upstream.ts'
import { type AdapterFactory, fixture, readAnswer } from '#test/support/vendor.ts'

const slicings = 12_000
const compressedSlicings = 300

interface Recorded {
  readonly name: string
  readonly create: AdapterFactory
  readonly kind: ProviderConfig['kind']
  readonly contentType: string
  readonly bytes: Buffer
}

const vendors: readonly { folder: string; kind: ProviderConfig['kind']; create: AdapterFactory }[] =
  [
    { folder: 'openai', kind: 'OPENAI', create: createOpenAiAdapter },
    { folder: 'openai', kind: 'AGENT', create: createAgentAdapter },
    { folder: 'openai', kind: 'RAG', create: createRagAdapter },
    { folder: 'xai', kind: 'XAI', create: createXaiAdapter },
    { folder: 'openrouter', kind: 'OPENROUTER', create: createOpenRouterAdapter },
    {
      folder: 'openai-compatible',
      kind: 'OPENAI_COMPATIBLE',
      create: createOpenAiCompatibleAdapter,
    },
    { folder: 'perplexity', kind: 'PERPLEXITY', create: createPerplexityAdapter },
    { folder: 'ollama', kind: 'OLLAMA', create: createOllamaAdapter },
  ]

const contentTypes: Readonly<Record<string, string>> = {
  sse: 'text/event-stream',
  ndjson: 'application/x-ndjson',
  json: 'application/json',
  html: 'text/html',
}

const corpus: readonly Recorded[] = vendors.flatMap(({ folder, ...vendor }) =>
  readdirSync(new URL(`../fixtures/providers/${folder}`, import.meta.url)).map((file) => ({
    ...vendor,
    name: `${vendor.kind} ${folder}/${file}`,
    contentType: contentTypes[file.split('.').at(-1) ?? ''] ?? '',
    bytes: fixture(`${folder}/${file}`),
  })),
)

/** Random numbers that are the same in every run. */
function dice(seed: number): (below: number) => number {
  let state = seed
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return Math.floor((state / 2 ** 32) * below)
  }
}

interface Asked {
  readonly legacy: boolean
  readonly stream: boolean
  readonly usage: boolean
}

/** All that an answer came to, whatever pieces it came in. */
async function outcome(
  { bytes, contentType, create, kind }: Recorded,
  {
    slices,
    asked,
    roll,
    encoding,
  }: {
    slices: (bytes: Buffer) => readonly Buffer[]
    asked: Asked
    roll: (below: number) => number
    encoding?: 'gzip'
  },
): Promise<unknown> {
  const { legacy, stream, usage } = asked
  const headers = { 'content-type': contentType, ...(encoding && { 'content-encoding': encoding }) }
  const body = encoding ? gzipSync(bytes) : bytes
  const malformed: number[] = []
  const adapter = create(
    { ...providerConfig, kind, legacy },
    {
      upstream: slicedUpstream(slices(body), { headers, roll }),
      lookup: () => undefined,
      malformed: ({ count }) => malformed.push(count),
    },
  )
  const { request } = callRequest({ stream })
  const options = usage ? { stream_options: { include_usage: true } } : {}
  const asks = { ...request.body, ...options, stream }
  try {
    const read = await readAnswer(
      await adapter.stream({
        id: '019a0000-0000-7000-8000-000000000001',
        model: 'm',
        cancellation: new Cancellation(),
        onSent: () => {},
        request: { ...request, body: asks, text: JSON.stringify(asks) },
      }),
    )
    const { end, error, events, producedBytes, raw } = read
    return {
      events: joined(events),
      // An answer that is made here says when.
      raw: raw.replaceAll(/"(id|created)":("rag-\d+"|"chatcmpl-\d+"|\d+)/g, '"$1"'),
      end,
      error: error?.message,
      producedBytes,
      malformed,
    }
  } catch (thrown) {
    if (!(thrown instanceof GatewayError)) throw thrown
    return { refused: thrown.message, code: thrown.code, malformed }
  }
}

/** Texts that came in several pieces, as one. */
function joined(events: readonly ChatEvent[]): readonly ChatEvent[] {
  const all: ChatEvent[] = []
  for (const event of events) {
    const last = all.at(-1)
    const goesOn = last && 'text' in last && 'text' in event && last.type === event.type
    if (goesOn) all[all.length - 1] = { ...last, text: last.text + event.text }
    else all.push(event)
  }
  return all
}

function randomSlices(bytes: Buffer, roll: (below: number) => number): readonly Buffer[] {
  const cuts = Array.from({ length: roll(16) }, () => roll(bytes.length + 1))
  const at = [0, ...cuts.toSorted((a, b) => a - b), bytes.length]
  return at.slice(1).map((end, index) => bytes.subarray(at[index], end))
}

const everyWay = [false, true].flatMap((legacy) =>
  [false, true].flatMap((stream) => [false, true].map((usage) => ({ legacy, stream, usage }))),
)

/** How many of so many random slicings changed the answer, by name. */
async function changedBy(
  count: number,
  { seed, encoding }: { seed: number; encoding?: 'gzip' },
): Promise<readonly unknown[]> {
  const changed: unknown[] = []
  const roll = dice(seed)
  const expected = new Map<string, unknown>()
  for (let run = 0; run < count; run++) {
    const recorded = corpus[run % corpus.length]!
    const asked = everyWay[roll(everyWay.length)]!
    const name = `${recorded.name} ${JSON.stringify(asked)}`
    if (!expected.has(name)) {
      const slices = (bytes: Buffer) => [bytes]
      expected.set(name, await outcome(recorded, { slices, asked, roll: () => 0 }))
    }
    const slices = (bytes: Buffer) => randomSlices(bytes, roll)
    const way = { slices, asked, roll, ...(encoding && { encoding }) }
    const sliced = await outcome(recorded, way)
    const whole = expected.get(name)
    if (!isDeepStrictEqual(sliced, whole)) changed.push({ name, run, sliced, whole })
  }
  return changed
}

it('an answer is the same in 12,000 random slicings of all that was ever recorded', async () => {
  expect(corpus.length).toBeGreaterThan(80)
  expect(await changedBy(slicings, { seed: 1 })).toEqual([])
})

it('an answer is the same however its compressed bytes are sliced', async () => {
  expect(await changedBy(compressedSlicings, { seed: 2, encoding: 'gzip' })).toEqual([])
})

it.each(corpus)('$name is the same byte by byte', async (recorded) => {
  for (const asked of everyWay) {
    const ways = [
      (bytes: Buffer) => [bytes],
      (bytes: Buffer) => [...bytes].map((byte) => Buffer.of(byte)),
    ]
    const [whole, sliced] = await Promise.all(
      ways.map((slices) => outcome(recorded, { slices, asked, roll: () => 1 })),
    )
    expect(sliced).toEqual(whole)
  }
})
