/** A column of a record table and the type under which its value stands in JSON; instants stand there as epoch ms. */
export type Column = readonly [
  name: string,
  type:
    | 'uuid'
    | 'text'
    | 'text[]'
    | 'jsonb'
    | 'bool'
    | 'int'
    | 'bigint'
    | 'bigint[]'
    | 'float8'
    | 'instant',
]

const usageAndCost: readonly Column[] = [
  ['input_tokens', 'int'],
  ['cache_read_tokens', 'int'],
  ['cache_write_tokens', 'int'],
  ['output_tokens', 'int'],
  ['reasoning_tokens', 'int'],
  ['usage_source', 'text'],
  ['cost_total', 'bigint'],
  ['cost_input', 'bigint'],
  ['cost_output', 'bigint'],
  ['cost_cache_read', 'bigint'],
  ['cost_cache_write', 'bigint'],
  ['cost_other', 'bigint'],
  ['cost_source', 'text'],
  ['price_version', 'text'],
]

/** What is known of a call when it begins. */
export const requestOpeningColumns: readonly Column[] = [
  ['tenant_id', 'uuid'],
  ['id', 'uuid'],
  ['replica_id', 'uuid'],
  ['created_at', 'instant'],
  ['surface', 'text'],
  ['requested_model', 'text'],
  ['model', 'text'],
  ['provider_name', 'text'],
  ['simulated', 'bool'],
  ['project_id', 'uuid'],
  ['api_key_id', 'uuid'],
  ['client_ip', 'text'],
  ['end_user', 'text'],
  ['session_id', 'text'],
  ['tags', 'text[]'],
  ['metadata', 'jsonb'],
  ['trace_id', 'text'],
  ['stream', 'bool'],
  ['priority', 'text'],
  ['config_version', 'int'],
]

/** What is written when a call ends, over what was there. */
export const requestEndColumns: readonly Column[] = [
  ['status', 'text'],
  ['finished_at', 'instant'],
  ['served_model', 'text'],
  ['model', 'text'],
  ['provider_name', 'text'],
  ['simulated', 'bool'],
  ['finish_reason', 'text'],
  ['latency_ms', 'float8'],
  ['time_to_first_token_ms', 'float8'],
  ['queued_ms', 'float8'],
  ['overhead_ms', 'float8'],
  ...usageAndCost,
  ['error_code', 'text'],
  ['error_message', 'text'],
  ['error_fingerprint', 'text'],
  ['http_status', 'int'],
  ['refused_by', 'uuid'],
  ['attempt_count', 'int'],
  ['retry_count', 'int'],
  ['fell_back', 'bool'],
  ['lost', 'bool'],
]

/** What is durable of an attempt before its first upstream byte. */
export const attemptOpeningColumns: readonly Column[] = [
  ['index', 'int'],
  ['provider_name', 'text'],
  ['model', 'text'],
  ['simulated', 'bool'],
  ['started_at', 'instant'],
  ['hold_input_tokens', 'int'],
  ['hold_output_tokens', 'int'],
  ['hold_cost', 'bigint'],
  ['hold_price_version', 'text'],
  ['window_ids', 'bigint[]'],
  ['held', 'bigint[]'],
]

/** What is written when an attempt has ended. */
export const attemptEndColumns: readonly Column[] = [
  ['status', 'text'],
  ['duration_ms', 'float8'],
  ['time_to_first_token_ms', 'float8'],
  ['error_code', 'text'],
  ['error_message', 'text'],
  ['error_retryable', 'bool'],
  ['error_http_status', 'int'],
  ['error_fingerprint', 'text'],
  ['upstream_request_id', 'text'],
  ['used', 'bigint[]'],
  ['service_tier', 'text'],
  ...usageAndCost,
]

/** Columns of several lists, each once. */
export function union(...lists: readonly (readonly Column[])[]): readonly Column[] {
  return [...new Map(lists.flat().map((column) => [column[0], column])).values()]
}

/** `name, name`, each behind `prefix`. */
export const names = (columns: readonly Column[], prefix = ''): string =>
  columns.map(([name]) => `${prefix}${name}`).join(', ')

/** The column list of `json_to_recordset(...) as alias(...)`. */
export const recordset = (columns: readonly Column[]): string =>
  columns.map(([name, type]) => `${name} ${type === 'instant' ? 'float8' : type}`).join(', ')

/** Selects columns out of a recordset. Tags are never null. */
export const fromRecordset = (columns: readonly Column[], alias: string): string =>
  columns
    .map(([name, type]) => {
      if (type === 'instant') return `to_timestamp(${alias}.${name} / 1000)`
      if (name === 'tags') return `coalesce(${alias}.tags, '{}')`
      if (type === 'bool') return `coalesce(${alias}.${name}, false)`
      return `${alias}.${name}`
    })
    .join(', ')

/** `name = excluded.name, ...` */
export const assignments = (columns: readonly Column[]): string =>
  columns.map(([name]) => `${name} = excluded.${name}`).join(', ')
