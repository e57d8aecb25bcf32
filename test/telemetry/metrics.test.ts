import { expect, it } from 'vitest'
import { createMetrics } from '#telemetry/metrics.ts'
import {
  endChunk,
  answerOf,
  fakeGateway,
  scriptedAdapter,
  callRequest,
} from '#test/support/fake-gateway.ts'
import type { RequestRecord } from '#domain/request-record.ts'

async function record(): Promise<RequestRecord> {
  const adapter = scriptedAdapter(async () =>
    answerOf(
      (async function* () {
        yield endChunk()
      })(),
    ),
  )
  const { gateway, observed } = fakeGateway(adapter)
  for await (const _chunk of (await gateway.run(gateway.open(callRequest()))).chunks) continue
  const [ended] = observed
  if (!ended) throw new Error('no call has ended')
  return ended
}

const metrics = () =>
  createMetrics({
    version: '1.2.3',
    load: () => ({ lagMs: 250, memory: 0.5, queue: 0 }),
    providers: () => [
      { name: 'openai', up: true, circuit: 'CLOSED' },
      { name: 'xai', up: false, circuit: 'OPEN' },
      { name: 'new', up: null, circuit: 'HALF_OPEN' },
    ],
  })

it('counts calls, tokens and cost by provider and model', async () => {
  const told = metrics()
  const ended = await record()
  for (let index = 0; index < 3; index++) {
    told.callStarted()
    told.callEnded(ended)
  }
  told.callStarted()
  const text = await told.text()
  expect(text).toContain(
    'orchestrator_requests_total{provider="openai",model="gpt-test",status="SUCCEEDED",surface="OPENAI_CHAT"} 3',
  )
  expect(text).toContain(
    'orchestrator_tokens_total{provider="openai",model="gpt-test",type="input"} 30',
  )
  expect(text).toContain(
    'orchestrator_tokens_total{provider="openai",model="gpt-test",type="output"} 15',
  )
  expect(text).toContain('orchestrator_cost_usd_total{provider="openai",model="gpt-test"} 0.00009')
  expect(text).toContain(
    'orchestrator_request_duration_seconds_count{provider="openai",model="gpt-test"} 3',
  )
  expect(text).toContain('orchestrator_gateway_overhead_seconds_count 3')
  expect(text).toContain('orchestrator_inflight_requests 1')
  expect(text).toContain('orchestrator_build_info{version="1.2.3"} 1')
})

it('says which providers are up, and nothing of those that nobody knows of', async () => {
  const text = await metrics().text()
  expect(text).toContain('orchestrator_provider_up{provider="openai"} 1')
  expect(text).toContain('orchestrator_provider_up{provider="xai"} 0')
  expect(text).not.toContain('provider_up{provider="new"}')
})

it('says how circuits are', async () => {
  const text = await metrics().text()
  expect(text).toContain('orchestrator_circuit_state{provider="openai"} 0')
  expect(text).toContain('orchestrator_circuit_state{provider="xai"} 2')
  expect(text).toContain('orchestrator_circuit_state{provider="new"} 1')
})

it('keeps simulated money out', async () => {
  const told = metrics()
  told.callEnded({ ...(await record()), simulated: true })
  expect(await told.text()).not.toContain('orchestrator_cost_usd_total{')
})

it('never grows with what callers ask for', async () => {
  const told = metrics()
  const ended = await record()
  const [attempt] = ended.attempts
  if (!attempt) throw new Error('the call had no attempt')
  for (let index = 0; index < 2000; index++) {
    told.callEnded({ ...ended, attempts: [{ ...attempt, model: `made-up-${index}` }] })
    told.callEnded({
      ...ended,
      providerName: null,
      requestedModel: `refused-${index}`,
      attempts: [],
    })
  }
  const text = await told.text()
  expect(text).not.toContain('refused-')
  expect(text.match(/orchestrator_requests_total\{/g)?.length).toBeLessThanOrEqual(502)
  expect(text).toContain('model="(other)"')
})

it('counts events that could not be read, by provider', async () => {
  const told = metrics()
  told.malformedEvents({ provider: 'openai', count: 2 })
  told.malformedEvents({ provider: 'openai', count: 3 })
  expect(await told.text()).toContain('orchestrator_malformed_events_total{provider="openai"} 5')
})

it('has no label for keys, users or requests', async () => {
  const told = metrics()
  told.callEnded({ ...(await record()), endUser: 'ann', apiKeyId: 'key-1', clientIp: '10.0.0.1' })
  const text = await told.text()
  for (const secret of ['ann', 'key-1', '10.0.0.1', '019a0000']) expect(text).not.toContain(secret)
})

it('counts what providers bill beside what the price table says, by provider', async () => {
  const told = metrics()
  const ended = await record()
  const [attempt] = ended.attempts
  const cost = { ...attempt!.cost!, total: 12_000_000_000n, source: 'PROVIDER_REPORTED' } as const
  const attempts = [{ ...attempt!, cost, computedCost: 10_000_000_000n }]
  told.callStarted()
  told.callEnded({ ...ended, attempts })
  const text = await told.text()
  expect(text).toContain('orchestrator_cost_reported_usd_total{provider="openai"} 1.2')
  expect(text).toContain('orchestrator_cost_computed_usd_total{provider="openai"} 1\n')
})

it('shows the load of the process, and counts what is refused for it by priority', async () => {
  const told = metrics()
  const { priority: _, ...opening } = await record()
  told.callShed({ ...opening, priority: 'LOW' })
  const text = await told.text()
  expect(text).toContain('orchestrator_event_loop_lag_seconds 0.25')
  expect(text).toContain('orchestrator_shed_total{priority="LOW"} 1')
  expect(text).toContain('orchestrator_shed_total{priority="CRITICAL"} 0')
})
