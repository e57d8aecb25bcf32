/**
 * CPU per request and requests per second of a bare undici proxy and of this gateway, in one run, with recording on.
 * Usage: `npm run bench`; BENCH_ROUNDS (4) and BENCH_REQUESTS (12000) change its length.
 */
import { chmodSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Load, runLoad } from './load.ts'
import { cpuMicroseconds, startNode } from './process.ts'

const rounds = Number(process.env['BENCH_ROUNDS'] ?? 4)
const requests = Number(process.env['BENCH_REQUESTS'] ?? 12_000)
const connections = 64
const folder = mkdtempSync(join(tmpdir(), 'orchestrator-bench-'))
chmodSync(folder, 0o711)
const here = import.meta.dirname
/** As `npm start` has them. */
const v8Flags = ['--max-semi-space-size=64', '--no-allocation-site-pretenuring']

const messages = [
  { role: 'system', content: 'You are a helpful assistant.' },
  { role: 'user', content: 'Say something about a fox and a dog.' },
]
const chat = (model: string, over: object = {}) =>
  JSON.stringify({ model, messages, max_tokens: 64, ...over })
const mutation = JSON.stringify({
  query: `mutation Bench($input: CompletionInput!) { createCompletion(input: $input) { __typename
    ... on CreateCompletionSuccess { completion { id text finishReason usage { inputTokens outputTokens } cost { total source } } } } }`,
  variables: {
    input: {
      model: 'openai:gpt-4.1-mini',
      messages: messages.map(({ role, content }) => ({
        role: role.toUpperCase(),
        content: [{ text: content }],
      })),
      maxOutputTokens: 64,
    },
  },
})

const port = /^(\d+)\s*$/m
const double = await startNode([join(here, 'double.ts')], { ready: port })
const upstream = `http://127.0.0.1:${double.match[1]}`
const bare = await startNode([join(here, 'bare-proxy.ts'), upstream], { ready: port })
const gateway = await startNode([...v8Flags, join(here, '../../server/main.ts')], {
  ready: /(http:\/\/127\.0\.0\.1:\d+)\/graphql/,
  env: {
    PORT: '0',
    HOST: '127.0.0.1',
    ORCHESTRATOR_DATA_DIR: join(folder, 'data'),
    ORCHESTRATOR_LOG_DIR: join(folder, 'logs'),
    PROVIDERS_YAML: join(folder, 'none.yaml'),
    OPENAI_API_KEY: 'bench',
    OPENAI_BASE_URL: `${upstream}/v1`,
  },
})
const bareOrigin = `http://127.0.0.1:${bare.match[1]}`
const gatewayOrigin = gateway.match[1] ?? ''
const rest = { path: '/v1/chat/completions', connections, requests }
const variants: { name: string; pid: number; load: Load; baseline: string }[] = [
  {
    name: 'bare proxy, whole',
    baseline: 'bare proxy, whole',
    pid: bare.pid,
    load: { ...rest, origin: bareOrigin, body: chat('gpt-4.1-mini'), expected: 'quick brown fox' },
  },
  {
    name: 'gateway, REST, whole',
    baseline: 'bare proxy, whole',
    pid: gateway.pid,
    load: {
      ...rest,
      origin: gatewayOrigin,
      body: chat('openai:gpt-4.1-mini'),
      expected: 'quick brown fox',
    },
  },
  {
    name: 'gateway, GraphQL',
    baseline: 'bare proxy, whole',
    pid: gateway.pid,
    load: {
      ...rest,
      path: '/graphql',
      origin: gatewayOrigin,
      body: mutation,
      expected: 'quick brown fox',
    },
  },
  {
    name: 'bare proxy, streamed (20 tokens)',
    baseline: 'bare proxy, streamed (20 tokens)',
    pid: bare.pid,
    load: {
      ...rest,
      origin: bareOrigin,
      body: chat('gpt-4.1-mini', { stream: true }),
      expected: '[DONE]',
    },
  },
  {
    name: 'gateway, REST, streamed (20 tokens)',
    baseline: 'bare proxy, streamed (20 tokens)',
    pid: gateway.pid,
    load: {
      ...rest,
      origin: gatewayOrigin,
      body: chat('openai:gpt-4.1-mini', { stream: true }),
      expected: '[DONE]',
    },
  },
]

const wanted = variants.filter(({ name }) => name.includes(process.argv[2] ?? ''))

const median = (values: readonly number[]) =>
  values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN
const results = new Map(
  wanted.map(({ name }) => [name, { cpu: [] as number[], rate: [] as number[] }]),
)
try {
  for (const variant of wanted)
    await runLoad({ ...variant.load, requests: Math.min(12_000, requests) })
  for (let round = 0; round < rounds; round++) {
    for (const variant of wanted) {
      const before = cpuMicroseconds(variant.pid)
      const { seconds } = await runLoad(variant.load)
      const cpu = (cpuMicroseconds(variant.pid) - before) / requests
      results.get(variant.name)?.cpu.push(cpu)
      results.get(variant.name)?.rate.push(requests / seconds)
      console.log(
        `round ${round + 1}  ${variant.name.padEnd(38)} ${cpu.toFixed(0).padStart(5)} us ${(requests / seconds).toFixed(0).padStart(7)}/s`,
      )
    }
  }
  console.log(`\nmedian of ${rounds} rounds, ${connections} connections, ${requests} requests each`)
  console.log(`${'variant'.padEnd(40)}CPU us/request   requests/s   to the bare proxy`)
  for (const { name, baseline } of wanted) {
    const own = results.get(name)
    const base = results.get(baseline)
    if (!own || !base) continue
    const ratio = median(own.cpu) / median(base.cpu)
    console.log(
      `${name.padEnd(40)}${median(own.cpu).toFixed(0).padStart(14)}${median(own.rate).toFixed(0).padStart(13)}${ratio.toFixed(2).padStart(20)}`,
    )
  }
} finally {
  for (const { child } of [gateway, bare, double]) child.kill('SIGTERM')
  await new Promise((resolve) => gateway.child.once('exit', resolve))
  rmSync(folder, { recursive: true, force: true })
}
