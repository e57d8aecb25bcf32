import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { EnvError, readEnv, withEnvFiles } from '#server/env.ts'

describe('readEnv', () => {
  it("has v0.7.2's defaults", () => {
    expect(readEnv({})).toMatchObject({
      HOST: '127.0.0.1',
      PORT: 5455,
      OLLAMA_BASE: 'http://127.0.0.1:11434',
      RAG_BASE: 'http://127.0.0.1:5555',
      AGENT_RUNNER_URL: 'http://127.0.0.1:5460',
      MODELS_CACHE_TTL_S: 600,
      HTTP_TIMEOUT_S: 120,
      MAX_REQUEST_BODY_BYTES: 5_000_000,
      ROUTER_MAX_CONCURRENCY: 0,
      ORCHESTRATOR_QUEUE_MAX_WAITING: 10_000,
      ORCHESTRATOR_QUEUE_TIMEOUT_S: 60,
      ORCHESTRATOR_SHED_LAG_MS: 200,
    })
  })

  it.each([
    [{ MAX_REQUEST_BODY_BYTES: '1_000' }, { MAX_REQUEST_BODY_BYTES: 1000 }],
    [{ ROUTER_MAX_CONCURRENCY: '-1' }, { ROUTER_MAX_CONCURRENCY: -1 }],
    [{ ORCHESTRATOR_QUEUE_MAX_WAITING: '0' }, { ORCHESTRATOR_QUEUE_MAX_WAITING: 0 }],
    [{ ORCHESTRATOR_QUEUE_TIMEOUT_S: '0.5' }, { ORCHESTRATOR_QUEUE_TIMEOUT_S: 0.5 }],
    [{ HTTP_TIMEOUT_S: '1.5' }, { HTTP_TIMEOUT_S: 1.5 }],
    [{ OLLAMA_BASE: 'http://box:11434/' }, { OLLAMA_BASE: 'http://box:11434' }],
    [{ AGENT_RUNNER_URL: 'http://a:1/v1/chat/completions' }, { AGENT_RUNNER_URL: 'http://a:1' }],
    [{ AGENT_RUNNER_URL: 'http://a:1/v1/' }, { AGENT_RUNNER_URL: 'http://a:1' }],
    [{ AI_GATEWAY_PORT: '7000' }, { PORT: 7000 }],
    [{ AI_GATEWAY_PORT: '7000', PORT: '8000' }, { PORT: 8000 }],
    [{ MODELS_CACHE_TTL_S: '0' }, { MODELS_CACHE_TTL_S: 0 }],
    [{ ROUTER_AUTH_TOKEN: '  secret ' }, { ROUTER_AUTH_TOKEN: 'secret' }],
    [{ PORT: '' }, { PORT: 5455 }],
    [
      { DEFAULT_UPSTREAM_HEADERS: 'X-A: 1, nonsense, X-B: http://c:2' },
      { DEFAULT_UPSTREAM_HEADERS: { 'X-A': '1', 'X-B': 'http://c:2' } },
    ],
    [
      { ORCHESTRATOR_ALLOWED_HOSTS: 'a.example, b.example' },
      { ORCHESTRATOR_ALLOWED_HOSTS: ['a.example', 'b.example'] },
    ],
    [
      { ORCHESTRATOR_TRUSTED_PROXIES: '10.0.0.0/8, ::1' },
      { ORCHESTRATOR_TRUSTED_PROXIES: ['10.0.0.0/8', '::1'] },
    ],
  ])('reads %j', (raw, expected) => {
    expect(readEnv(raw)).toMatchObject(expected)
  })

  it.each([
    [{ PORT: 'http' }, 'PORT'],
    [{ PORT: '70000' }, 'PORT'],
    [{ ORCHESTRATOR_QUEUE_MAX_WAITING: '-1' }, 'ORCHESTRATOR_QUEUE_MAX_WAITING'],
    [{ ORCHESTRATOR_QUEUE_TIMEOUT_S: '0' }, 'ORCHESTRATOR_QUEUE_TIMEOUT_S'],
    [{ HTTP_TIMEOUT_S: 'soon' }, 'HTTP_TIMEOUT_S'],
    [{ HTTP_TIMEOUT_S: '0' }, 'HTTP_TIMEOUT_S'],
    [{ MODELS_CACHE_TTL_S: '-1' }, 'MODELS_CACHE_TTL_S'],
    [{ AI_GATEWAY_PORT: 'http' }, 'AI_GATEWAY_PORT: expected a whole number from 0 to 65535'],
    [{ XAI_API_KEY_FILE: '/nowhere' }, 'XAI_API_KEY_FILE: expected a file'],
    [{ PPLX_API_KEY_FILE: '/nowhere' }, 'PERPLEXITY_API_KEY_FILE: expected a file'],
    [{ DATABASE_URL: 'mysql://x' }, 'DATABASE_URL'],
    [{ REDIS_URL: 'http://x' }, 'REDIS_URL'],
    [{ ORCHESTRATOR_TRUSTED_PROXIES: '10.0.0.0/8, proxy' }, 'ORCHESTRATOR_TRUSTED_PROXIES'],
    [{ OLLAMA_BASE: 'box' }, 'OLLAMA_BASE'],
    [{ LOG_LEVEL: 'loud' }, 'LOG_LEVEL'],
    [{ ORCHESTRATOR_DATA_DRI: 'x' }, 'did you mean ORCHESTRATOR_DATA_DIR'],
  ])('refuses %j by its name', (raw, named) => {
    expect(() => readEnv(raw)).toThrow(named)
  })

  it('keeps the password of a database to itself', () => {
    expect(() => readEnv({ DATABASE_URL: 'mysql://u:hidden@h/d' })).toThrow(
      /^DATABASE_URL: expected an address that begins with postgresql:\/\/$/,
    )
  })

  it('keeps the password of Redis to itself', () => {
    expect(() => readEnv({ REDIS_URL: 'tcp://:hidden@h' })).toThrow(
      /^REDIS_URL: expected an address that begins with redis:\/\/ or rediss:\/\/$/,
    )
  })

  it('names all that is wrong at once', () => {
    expect(() => readEnv({ PORT: 'x', HTTP_TIMEOUT_S: 'y' })).toThrow(
      /PORT: .*\n.*HTTP_TIMEOUT_S: /,
    )
    expect(() => readEnv({ PORT: 'x' })).toThrow(EnvError)
  })
})

describe('lookup', () => {
  it.each([
    [{ OPENAI_API_KEY: ' k ' }, 'OPENAI_API_KEY', 'k'],
    [{ PPLX_API_KEY: 'p' }, 'PERPLEXITY_API_KEY', 'p'],
    [{ OPENAI_API_KEY: '' }, 'OPENAI_API_KEY', undefined],
    [{}, 'ANY', undefined],
  ])('finds in %j the value of %s', (raw, name, value) => {
    expect(readEnv(raw).lookup(name)).toBe(value)
  })

  it('reads the file that <name>_FILE names', () => {
    const file = join(mkdtempSync(join(tmpdir(), 'env-')), 'key')
    writeFileSync(file, 'from-file\n')
    expect(readEnv({ XAI_API_KEY_FILE: file }).lookup('XAI_API_KEY')).toBe('from-file')
  })
})

describe('withEnvFiles', () => {
  it('takes the nearest .env upwards that is a file, and no other', () => {
    const top = mkdtempSync(join(tmpdir(), 'env-'))
    const folder = join(top, 'a/b')
    mkdirSync(join(folder, '.env'), { recursive: true })
    writeFileSync(join(top, 'a/.env'), 'A=near\n')
    writeFileSync(join(top, '.env'), 'A=far\nB=far\n')
    expect(withEnvFiles({}, { folder })).toEqual({ A: 'near' })
  })

  it('lets providers.env win over router.env, both over the environment, and .env only fill in', () => {
    const folder = mkdtempSync(join(tmpdir(), 'env-'))
    writeFileSync(join(folder, 'providers.env'), 'A=providers\n')
    writeFileSync(join(folder, 'router.env'), 'export A=router\nB="router"\n')
    writeFileSync(join(folder, '.env'), 'A=dot\nB=dot\nC=dot\nD=dot\n')
    expect(withEnvFiles({ A: 'env', B: 'env', C: 'env' }, { folder })).toEqual({
      A: 'providers',
      B: 'router',
      C: 'env',
      D: 'dot',
    })
  })
})
