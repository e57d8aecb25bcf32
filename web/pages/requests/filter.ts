import type {
  ApiSurface,
  CostSource,
  ErrorCode,
  FacetField,
  OrderDirection,
  RequestFilter,
  RequestOrderField,
  RequestStatus,
  TimeRangeInput,
} from '#web/graphql/documents.ts'

/** A part of the filter that one chooses from what there is. */
export interface FacetSpec {
  readonly field: FacetField
  /** Its parameter in the address. */
  readonly param: string
  readonly label: string
}

export const facets: readonly FacetSpec[] = [
  { field: 'STATUS', param: 'status', label: 'Status' },
  { field: 'PROVIDER', param: 'provider', label: 'Provider' },
  { field: 'MODEL', param: 'model', label: 'Model' },
  { field: 'ERROR_CODE', param: 'error', label: 'Error' },
  { field: 'SURFACE', param: 'surface', label: 'Surface' },
]

/** Every parameter that narrows the list, in the order in which its chips stand. */
export const filterParams = [
  ...facets.map(({ param }) => param),
  'cost',
  'slower',
  'request',
  'errorGroup',
] as const

/** What takes all filters away, and goes back to the first page. */
export const noFilters: Readonly<Record<string, null>> = Object.fromEntries(
  [...filterParams, 'after', 'before'].map((name) => [name, null]),
)

const chosen = (params: URLSearchParams, name: string) => {
  const values = params.getAll(name)
  return values.length > 0 ? values : undefined
}

const text = (values: string[] | undefined) => values && { in: values }

/** The filter that the address asks for: the same one for list, histogram, facets and live tail. */
export function filterOf(
  params: URLSearchParams,
  { time, simulated }: { time: TimeRangeInput; simulated: boolean },
): RequestFilter {
  const slower = Number(params.get('slower') || Number.NaN)
  return {
    time,
    simulated,
    status: chosen(params, 'status') as RequestStatus[] | undefined,
    surface: chosen(params, 'surface') as ApiSurface[] | undefined,
    errorCode: chosen(params, 'error') as ErrorCode[] | undefined,
    costSource: chosen(params, 'cost') as CostSource[] | undefined,
    provider: text(chosen(params, 'provider')),
    model: text(chosen(params, 'model')),
    latencyMs: Number.isFinite(slower) ? { gte: slower } : undefined,
    requestId: params.get('request') ?? undefined,
    errorFingerprint: params.get('errorGroup') ?? undefined,
  }
}

const orderFields: readonly RequestOrderField[] = ['CREATED_AT', 'LATENCY', 'COST', 'TOKENS']

/** The order that the address asks for: `sort=LATENCY`, or `sort=-LATENCY` for the smallest first. */
export function orderOf(params: URLSearchParams): {
  field: RequestOrderField
  direction: OrderDirection
} {
  const sort = params.get('sort') ?? ''
  const field = orderFields.find((one) => one === sort.replace('-', '')) ?? 'CREATED_AT'
  return { field, direction: sort.startsWith('-') ? 'ASC' : 'DESC' }
}

/** What a click on a column's head makes of the order: largest first, then smallest first. */
export function nextSort(params: URLSearchParams, field: RequestOrderField): string | null {
  const now = orderOf(params)
  const next = now.field === field && now.direction === 'DESC' ? `-${field}` : field
  return next === 'CREATED_AT' ? null : next
}

/** The page of the list that the address asks for. */
export function pageOf(params: URLSearchParams) {
  const before = params.get('before')
  return { after: params.get('after'), before, backwards: before !== null }
}
