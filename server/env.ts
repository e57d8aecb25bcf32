import { existsSync, readFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { parseEnv } from 'node:util'
import { z } from 'zod'
import { closestTo } from '#domain/closest-name.ts'

/** Everything that the environment decides, read once at the start. */
export interface Env {
  readonly HOST: string
  readonly PORT: number
  /** Undefined: the embedded Postgres. */
  readonly DATABASE_URL?: string | undefined
  readonly ORCHESTRATOR_DATA_DIR: string
  readonly ORCHESTRATOR_LOG_DIR: string
  readonly ORCHESTRATOR_ALLOWED_HOSTS: readonly string[]
  readonly PROVIDERS_YAML: string
  readonly LOG_LEVEL: string
  readonly ROUTER_AUTH_TOKEN?: string | undefined
  /** 0 or less is no limit. */
  readonly ROUTER_MAX_CONCURRENCY: number
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

type Raw = Readonly<Record<string, string | undefined>>

const projectRoot = resolve(import.meta.dirname, '..')
const asInteger = (text: string) => (/^\s*[+-]?\d+(_\d+)*\s*$/.test(text) ? Number(text.replaceAll('_', '')) : Number.NaN)
const integer = (least: number, most = Number.MAX_SAFE_INTEGER) =>
  z.string().transform(asInteger).pipe(z.int(`a whole number from ${least} to ${most}`).min(least).max(most))
const seconds = z
  .string()
  .transform((text) => (text.trim() === '' ? Number.NaN : Number(text)))
  .pipe(z.number('a number of seconds').positive('a number of seconds above 0').max(1e7))
const optional = z.string().optional()
const path = z.string().transform((text) => resolve(projectRoot, text.replace(/^~(?=\/|$)/, homedir())))
const address = z.string().transform((text) => text.trim().replace(/\/+$/, '')).pipe(z.url({ protocol: /^https?$/, error: 'an address that begins with http:// or https://' }))
const list = z.string().transform((text) => text.split(',').map((part) => part.trim()).filter(Boolean))

const schema = z.object({
  HOST: z.string().min(1, 'a host name or an IP address').default('127.0.0.1'),
  PORT: integer(0, 65_535).prefault('5455'),
  DATABASE_URL: z.url({ protocol: /^postgres(ql)?$/, error: 'an address that begins with postgresql://' }).optional(),
  ORCHESTRATOR_DATA_DIR: path.prefault('.data'),
  ORCHESTRATOR_LOG_DIR: path.prefault('logs'),
  ORCHESTRATOR_ALLOWED_HOSTS: list.prefault(''),
  PROVIDERS_YAML: path.prefault('~/ai/providers.yaml'),
  LOG_LEVEL: z
    .string()
    .transform((text) => text.toLowerCase())
    .pipe(z.enum(['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent']))
    .prefault('info'),
  ROUTER_AUTH_TOKEN: optional.transform((text) => text?.trim() || undefined),
  ROUTER_MAX_CONCURRENCY: integer(-1_000_000, 1_000_000).prefault('0'),
  MAX_REQUEST_BODY_BYTES: integer(1, 1_000_000_000).prefault('5_000_000'),
  HTTP_TIMEOUT_S: seconds.prefault('120'),
  MODELS_CACHE_TTL_S: seconds.prefault('600'),
  DEFAULT_UPSTREAM_HEADERS: z.string().transform(headerList).prefault(''),
  OLLAMA_BASE: address.prefault('http://127.0.0.1:11434'),
  RAG_BASE: address.prefault('http://127.0.0.1:5555'),
  RAG_QUERY_PATH: z.string().default('/query'),
  AGENT_RUNNER_URL: z
    .string()
    .transform((text) => text.trim().replace(/\/+$/, '').replace(/\/v1(\/chat\/completions)?$/, ''))
    .pipe(address)
    .prefault('http://127.0.0.1:5460'),
  AGENT_RUNNER_CHAT_PATH: z.string().default('/v1/chat/completions'),
  OPENAI_BASE_URL: address.optional(),
  XAI_BASE_URL: address.optional(),
  OPENROUTER_BASE_URL: address.optional(),
  PERPLEXITY_BASE_URL: address.optional(),
})

const known = new Set([...Object.keys(schema.shape), 'ORCHESTRATOR_URL', 'ORCHESTRATOR_ENV'])

/**
 * Reads the settings.
 *
 * @param raw What `withEnvFiles` gives.
 * @throws {EnvError} Names every setting that is wrong, and what was expected.
 */
export function readEnv(raw: Raw): Env {
  const given: Record<string, string> = {}
  for (const [name, value] of Object.entries(raw)) if (value !== undefined && value !== '') given[name] = value
  given['HOST'] ??= given['AI_GATEWAY_HOST'] ?? '127.0.0.1'
  given['PORT'] ??= given['AI_GATEWAY_PORT'] ?? '5455'
  const problems = Object.keys(given).filter((name) => name.startsWith('ORCHESTRATOR_') && !known.has(name)).map(unknownSetting)
  const parsed = schema.safeParse(given)
  for (const { path: [name], message } of parsed.error?.issues ?? []) {
    problems.push(`${String(name)}: expected ${message.replace(/^Invalid (input|option): expected /, '')}, got ${JSON.stringify(given[String(name)])}`)
  }
  if (!parsed.success || problems.length > 0) throw new EnvError(problems)
  return { ...parsed.data, stated: new Set(Object.keys(given)), lookup: (name) => lookUp(given, name) }
}

/** Credentials have second names, and may stand in a file: `OPENAI_API_KEY_FILE`. */
function lookUp(given: Raw, name: string): string | undefined {
  const names = name === 'PERPLEXITY_API_KEY' ? [name, 'PPLX_API_KEY'] : [name]
  for (const candidate of names) {
    const value = given[candidate]?.trim()
    if (value) return value
    const file = given[`${candidate}_FILE`]
    if (file && existsSync(file)) return readFileSync(file, 'utf8').trim() || undefined
  }
  return undefined
}

/**
 * Adds what the env files say, as v0.7.2 did: `providers.env` and `router.env` of the project win over the environment,
 * the first of them most; the nearest `.env` upwards only fills in what is unset. Files are read, never executed.
 */
export function withEnvFiles(raw: Raw = process.env, { folder = projectRoot } = {}): Raw {
  return {
    ...envFile(nearest(folder, '.env')),
    ...raw,
    ...envFile(join(folder, 'router.env')),
    ...envFile(join(folder, 'providers.env')),
  }
}

function envFile(file: string | undefined): Raw {
  return file && existsSync(file) ? parseEnv(readFileSync(file, 'utf8').replace(/^\s*export\s+/gm, '')) : {}
}

function nearest(folder: string, name: string): string | undefined {
  const file = join(folder, name)
  if (existsSync(file)) return file
  const parent = dirname(folder)
  return parent === folder ? undefined : nearest(parent, name)
}

function headerList(text: string): Record<string, string> {
  const pairs = text.split(',').filter((part) => part.includes(':'))
  return Object.fromEntries(
    pairs.map((part) => [part.slice(0, part.indexOf(':')).trim(), part.slice(part.indexOf(':') + 1).trim()]),
  )
}

function unknownSetting(name: string): string {
  const ours = [...known].filter((candidate) => candidate.startsWith('ORCHESTRATOR_'))
  return `${name}: no such setting; did you mean ${closestTo(name, ours)}?`
}
