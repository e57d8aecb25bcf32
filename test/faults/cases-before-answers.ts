import type { Behaviour } from './double-exchange.ts'
import { impatient } from './fault-house.ts'
import { answered, type Expected, type FaultCase, type FaultCode, statusOf } from './fault-case.ts'
import { emptyStream, errorDocument, noAnswers } from './odd-documents.ts'
import {
  contentRefused,
  contextTooLong,
  limits,
  outOfQuota,
  redirects,
  refuses,
} from './refusals.ts'
import * as silences from './silences.ts'
import { answers } from './sound-answers.ts'

/** What goes wrong before a byte of an answer has come. */
interface EarlyFault {
  readonly name: string
  readonly does: Behaviour
  readonly code: FaultCode
  /** What a caller gets whose only target does it: the provider's own status where it has said one. */
  readonly status?: number
  /** How often one call asks a target that does it. @default once */
  readonly asked?: number
  /** Nobody else is asked. @default false */
  readonly isFinal?: boolean
  /** @default both */
  readonly only?: 'streamed' | 'whole'
}

const inAMinute = () => new Date(Date.now() + 60_000).toUTCString()
const limited = { code: 'PROVIDER_RATE_LIMITED', status: 429 } as const
const exhausted = { code: 'PROVIDER_QUOTA' } as const
const down = { code: 'PROVIDER_UNAVAILABLE', asked: 3 } as const
const gone = { code: 'PROVIDER_NETWORK', asked: 3 } as const
const odd = { code: 'PROVIDER_PROTOCOL', asked: 3 } as const
const late = { code: 'PROVIDER_TIMEOUT' } as const
const wrong = { code: 'PROVIDER_REJECTED', isFinal: true } as const

const faults: readonly EarlyFault[] = [
  { name: '429 for 30 s', does: limits('30'), ...limited },
  { name: '429 until a date', does: limits(inAMinute()), ...limited },
  { name: '429 until 2065', does: limits('Sat, 02 May 2065 09:00:00 GMT'), ...limited },
  { name: '429 with a time that has passed', does: limits('-5'), ...limited },
  { name: '429 with a time that is none', does: limits('soon'), ...limited },
  { name: '429 without a time', does: limits(), ...limited },
  { name: '429 for want of credit', does: outOfQuota, status: 429, ...exhausted },
  { name: '402', does: refuses(402), status: 402, ...exhausted },
  { name: '401', does: refuses(401), status: 401, code: 'PROVIDER_AUTH' },
  { name: '403', does: refuses(403), status: 403, code: 'PROVIDER_AUTH' },
  { name: '500', does: refuses(500), status: 500, ...down },
  {
    name: '502 with a page',
    does: refuses(502, { body: '<h1>Bad Gateway</h1>' }),
    status: 502,
    ...down,
  },
  { name: '503', does: refuses(503), status: 503, ...down },
  {
    name: '503 for a while',
    does: refuses(503, { headers: { 'retry-after': '30' } }),
    status: 503,
    ...down,
    asked: 1,
  },
  { name: '529', does: refuses(529), status: 529, ...down },
  { name: '504', does: refuses(504), status: 504, ...late },
  { name: '400', does: refuses(400), status: 400, ...wrong },
  { name: '404', does: refuses(404), status: 404, ...wrong },
  { name: '413', does: refuses(413), status: 413, ...wrong },
  { name: '422', does: refuses(422), status: 422, ...wrong },
  {
    name: 'a context that is too long',
    does: contextTooLong,
    status: 400,
    code: 'CONTEXT_LENGTH_EXCEEDED',
    isFinal: true,
  },
  {
    name: 'a refusal of the content',
    does: contentRefused,
    status: 400,
    code: 'CONTENT_BLOCKED',
    isFinal: true,
  },
  { name: '302', does: redirects(302), ...odd },
  { name: '308', does: redirects(308), ...odd },
  { name: 'silence', does: silences.saysNothing, ...late },
  { name: 'headers and silence', does: silences.sendsOnlyHeaders, ...late },
  { name: 'a role and silence', does: silences.sendsOnlyTheRole, ...late, only: 'streamed' },
  { name: 'nothing but comments', does: silences.sendsOnlyComments, ...late, only: 'streamed' },
  { name: 'a closed connection', does: silences.hangsUp, ...gone },
  { name: 'a reset connection', does: silences.crashes, ...gone },
  { name: 'headers that are cut', does: silences.cutsItsHeaders, ...gone },
  { name: 'bytes that are not HTTP', does: silences.speaksNonsense, ...odd },
  { name: 'a flood of headers', does: silences.floodsHeaders, ...odd },
  ...Object.entries(noAnswers).map(([name, does]) => ({ name, does, ...odd })),
  { name: 'an error object in a 200', does: errorDocument, status: 503, ...down },
  { name: 'a stream that ends at once', does: emptyStream, ...odd, only: 'streamed' },
]

/** Each fault, streamed and whole, at the only target, at the first of two, and at both. */
export const casesBeforeAnswers: readonly FaultCase[] = faults.flatMap((fault) =>
  [true, false]
    .filter((stream) => fault.only === undefined || (fault.only === 'streamed') === stream)
    .flatMap((stream) => placed(fault, stream)),
)

function placed(fault: EarlyFault, stream: boolean): readonly FaultCase[] {
  const { name, does, code, asked = 1, isFinal = false, status = statusOf[code] } = fault
  const failed = (as: number): Expected => ({ status: as, code, reads: 0 })
  const timeouts = code === 'PROVIDER_TIMEOUT' ? impatient : undefined
  const failing = { plays: [does], asked, timeouts }
  const first = { at: 'first', ...failing } as const
  const how = stream ? 'streamed' : 'whole'
  return [
    {
      name: `${name}, ${how}, at the only target`,
      stream,
      targets: [first],
      expected: failed(status),
    },
    {
      name: `${name}, ${how}, before a target that answers`,
      stream,
      targets: [first, { at: 'second', plays: [answers], asked: isFinal ? 0 : 1 }],
      expected: isFinal ? failed(status) : answered,
    },
    {
      name: `${name}, ${how}, at all targets`,
      stream,
      targets: [first, { ...failing, at: 'second', asked: isFinal ? 0 : asked }],
      expected: failed(isFinal ? status : statusOf[code]),
    },
  ]
}
