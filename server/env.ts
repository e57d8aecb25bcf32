import { z } from 'zod'
import { closestTo } from '#domain/closest-name.ts'
import { isAddressRange } from '#server/env/address-range.ts'
import { lookUp, unreadableFiles } from '#server/env/credential-lookup.ts'
import { addEnvFiles, type Raw } from '#server/env/env-files.ts'
import {
  address,
  integer,
  list,
  optional,
  path,
  projectRoot,
  seconds,
} from '#server/env/written-setting.ts'

/** Everything that the environment decides, read once at the start. */
export interface Env {
  readonly HOST: string
  readonly PORT: number
  /** Undefined: the embedded Postgres. */
  readonly DATABASE_URL?: string | undefined
  /** Undefined: rate limits are counted in this process. */
  readonly REDIS_URL?: string | undefined
  readonly ORCHESTRATOR_DATA_DIR: string
  readonly ORCHESTRATOR_LOG_DIR: string
  readonly ORCHESTRATOR_ALLOWED_HOSTS: readonly string[]
  /** Addresses and CIDR ranges whose X-Forwarded-For is believed. */
  readonly ORCHESTRATOR_TRUSTED_PROXIES: readonly string[]
  readonly PROVIDERS_YAML: string
  readonly LOG_LEVEL: string
  readonly ROUTER_AUTH_TOKEN?: string | undefined
  /** Under which secrets of keys are stored, and sessions signed. Undefined: one that is made in the data folder. */
  readonly ORCHESTRATOR_SECRET?: string | undefined
  /** 0 or less is no limit. */
  readonly ROUTER_MAX_CONCURRENCY: number
  readonly ORCHESTRATOR_QUEUE_MAX_WAITING: number
  readonly ORCHESTRATOR_QUEUE_TIMEOUT_S: number
  /** From which lateness of the event loop on LOW calls are refused, in ms, and others from multiples of it; 0: never. */
  readonly ORCHESTRATOR_SHED_LAG_MS: number
  readonly MAX_REQUEST_BODY_BYTES: number
  readonly HTTP_TIMEOUT_S: number
  readonly MODELS_CACHE_TTL_S: number
  readonly DEFAULT_UPSTREAM_HEADERS: Readonly<Record<string, string>>
  /** Addresses without a trailing slash. */
  readonly OLLAMA_BASE: string
  readonly RAG_BASE: string
  readonly RAG_QUERY_PATH: string
  readonly AGENT_RUNNER_URL: string
  readonly AGENT_RUNNER_CHAT_PATH: string
  readonly OPENAI_BASE_URL?: string | undefined
  readonly XAI_BASE_URL?: string | undefined
  readonly OPENROUTER_BASE_URL?: string | undefined
  readonly PERPLEXITY_BASE_URL?: string | undefined
  /** Whether somebody has said where these services are. */
  readonly stated: ReadonlySet<string>
  /** The value of any variable, or the content of the file that `<name>_FILE` names: how credentials are looked up. */
  lookup(name: string): string | undefined
}

/** Settings that nobody can use; its message has one line for each. */
export class EnvError extends Error {
  constructor(problems: readonly string[]) {
    super(problems.join('\n'))
    this.name = 'EnvError'
  }
}

const schema = z.object({
  HOST: z.string().min(1, 'a host name or an IP address').default('127.0.0.1'),
  PORT: integer(0, 65_535).prefault('5455'),
  DATABASE_URL: z
    .url({ protocol: /^postgres(ql)?$/, error: 'an address that begins with postgresql://' })
    .optional(),
  REDIS_URL: z
    .url({ protocol: /^rediss?$/, error: 'an address that begins with redis:// or rediss://' })
    .optional(),
  ORCHESTRATOR_DATA_DIR: path.prefault('.data'),
  ORCHESTRATOR_LOG_DIR: path.prefault('logs'),
  ORCHESTRATOR_ALLOWED_HOSTS: list.prefault(''),
  ORCHESTRATOR_TRUSTED_PROXIES: list
    .refine(
      (ranges) => ranges.every(isAddressRange),
      'IP addresses or ranges such as 10.0.0.0/8, separated by commas',
    )
    .prefault(''),
  PROVIDERS_YAML: path.prefault('~/ai/providers.yaml'),
  LOG_LEVEL: z
    .string()
    .transform((text) => text.toLowerCase())
    .pipe(z.enum(['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent']))
    .prefault('info'),
  ORCHESTRATOR_SECRET: z
    .string()
    .trim()
    .min(32, 'a random text of at least 32 characters, such as `openssl rand -base64 32` makes')
    .optional(),
  ROUTER_AUTH_TOKEN: optional.transform((text) => text?.trim() || undefined),
  ROUTER_MAX_CONCURRENCY: integer(-1_000_000, 1_000_000).prefault('0'),
  ORCHESTRATOR_QUEUE_MAX_WAITING: integer(0, 1_000_000).prefault('10_000'),
  ORCHESTRATOR_QUEUE_TIMEOUT_S: seconds
    .pipe(z.number('a number of seconds above 0').positive().max(1e6))
    .prefault('60'),
  ORCHESTRATOR_SHED_LAG_MS: integer(0, 1_000_000).prefault('200'),
  MAX_REQUEST_BODY_BYTES: integer(1, 1_000_000_000).prefault('5_000_000'),
  HTTP_TIMEOUT_S: seconds
    .pipe(z.number('a number of seconds above 0').positive().max(1e7))
    .prefault('120'),
  MODELS_CACHE_TTL_S: seconds
    .pipe(z.number('a number of seconds, 0 or more').nonnegative().max(1e7))
    .prefault('600'),
  DEFAULT_UPSTREAM_HEADERS: z.string().transform(headerList).prefault(''),
  OLLAMA_BASE: address.prefault('http://127.0.0.1:11434'),
  RAG_BASE: address.prefault('http://127.0.0.1:5555'),
  RAG_QUERY_PATH: z.string().default('/query'),
  AGENT_RUNNER_URL: z
    .string()
    .transform((text) =>
      text
        .trim()
        .replace(/\/+$/, '')
        .replace(/\/v1(\/chat\/completions)?$/, ''),
    )
    .pipe(address)
    .prefault('http://127.0.0.1:5460'),
  AGENT_RUNNER_CHAT_PATH: z.string().default('/v1/chat/completions'),
  OPENAI_BASE_URL: address.optional(),
  XAI_BASE_URL: address.optional(),
  OPENROUTER_BASE_URL: address.optional(),
  PERPLEXITY_BASE_URL: address.optional(),
})

const known = new Set([
  ...Object.keys(schema.shape),
  'ORCHESTRATOR_URL',
  'ORCHESTRATOR_TOKEN',
  'ORCHESTRATOR_ENV',
])

/** Second names. The first name wins. */
const aliases: readonly (readonly [name: string, alias: string])[] = [
  ['HOST', 'AI_GATEWAY_HOST'],
  ['PORT', 'AI_GATEWAY_PORT'],
  ['PERPLEXITY_API_KEY', 'PPLX_API_KEY'],
  ['PERPLEXITY_API_KEY_FILE', 'PPLX_API_KEY_FILE'],
]

/** Their values may hold a password. */
const secret = new Set(['DATABASE_URL', 'REDIS_URL', 'ROUTER_AUTH_TOKEN', 'ORCHESTRATOR_SECRET'])

/**
 * Reads the settings.
 *
 * @param raw What `withEnvFiles` gives.
 * @throws {EnvError} Names every setting that is wrong, and what was expected.
 */
export function readEnv(raw: Raw): Env {
  const given: Record<string, string> = {}
  for (const [name, value] of Object.entries(raw)) if (value) given[name] = value
  const writtenAs = new Map<string, string>()
  for (const [name, alias] of aliases) {
    if (given[name] !== undefined || given[alias] === undefined) continue
    given[name] = given[alias]
    writtenAs.set(name, alias)
  }
  const parsed = schema.safeParse(given)
  const wrong = (parsed.error?.issues ?? []).map(({ path: [key], message }) => {
    const name = String(key)
    const value = secret.has(name) ? '' : `, got ${JSON.stringify(given[name])}`
    return `${writtenAs.get(name) ?? name}: expected ${expected(message)}${value}`
  })
  const problems = [...unknownSettings(given), ...wrong, ...unreadableFiles(given)]
  if (!parsed.success || problems.length > 0) throw new EnvError(problems)
  const lookup = (name: string) => lookUp(given, name)
  return Object.freeze({ ...parsed.data, stated: new Set(Object.keys(given)), lookup })
}

/** zod's own words, as the end of our sentence. */
function expected(message: string): string {
  return message
    .replace(/^Invalid (input|option): expected /, '')
    .replace(/^Too (big|small): expected number to be /, 'a number ')
}

function unknownSettings(given: Raw): readonly string[] {
  const ours = [...known].filter((name) => name.startsWith('ORCHESTRATOR_'))
  return Object.keys(given)
    .filter((name) => name.startsWith('ORCHESTRATOR_') && !known.has(name))
    .map(
      (name) =>
        `${name}: expected one of the settings that exist; did you mean ${closestTo(name, ours)}?`,
    )
}

/** This process' environment together with the env files of the project. */
export function withEnvFiles(raw: Raw = process.env, { folder = projectRoot } = {}): Raw {
  return addEnvFiles(raw, folder)
}

function headerList(text: string): Record<string, string> {
  const pairs = text.split(',').filter((part) => part.includes(':'))
  return Object.fromEntries(
    pairs.map((part) => [
      part.slice(0, part.indexOf(':')).trim(),
      part.slice(part.indexOf(':') + 1).trim(),
    ]),
  )
}
