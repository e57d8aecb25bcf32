import { type BreakName, breaksOff } from './broken-answers.ts'
import { impatient } from './fault-house.ts'
import { answered, type FaultCase, type FaultCode, statusOf } from './fault-case.ts'
import { answers } from './sound-answers.ts'

/** How an answer breaks off that has begun, what that is called, and in which answers it can happen. */
const faults: readonly (readonly [BreakName, FaultCode, 'BOTH' | 'STREAMED'])[] = [
  ['reset by the provider', 'PROVIDER_NETWORK', 'BOTH'],
  ['closed inside a chunked body', 'PROVIDER_NETWORK', 'BOTH'],
  ['closed, of a body without a length', 'PROVIDER_PROTOCOL', 'BOTH'],
  ['a content-length that is too short', 'PROVIDER_PROTOCOL', 'BOTH'],
  ['a content-length that is too long', 'PROVIDER_NETWORK', 'BOTH'],
  ['a body that ends in order', 'PROVIDER_PROTOCOL', 'BOTH'],
  ['a chunk that is none', 'PROVIDER_PROTOCOL', 'BOTH'],
  ['a gzip body that is cut', 'PROVIDER_PROTOCOL', 'BOTH'],
  ['a stall', 'PROVIDER_TIMEOUT', 'BOTH'],
  ['a stall with comments', 'PROVIDER_TIMEOUT', 'STREAMED'],
  ['an error object', 'PROVIDER_UNAVAILABLE', 'STREAMED'],
  ['an error event', 'PROVIDER_UNAVAILABLE', 'STREAMED'],
]

/** Behind so many of sixty tokens. */
const places = [
  ['early', 1],
  ['in the middle', 30],
  ['late', 59],
] as const

export const casesOfBrokenAnswers: readonly FaultCase[] = faults.flatMap(([how, code, where]) =>
  places.flatMap(([place, after]) => {
    const fault = { name: `${how}, ${place}`, does: breaksOff(how, after), code, after }
    return [...streamed(fault), ...(where === 'BOTH' ? whole(fault) : [])]
  }),
)

interface LateFault {
  readonly name: string
  readonly does: ReturnType<typeof breaksOff>
  readonly code: FaultCode
  readonly after: number
}

/** Nobody has seen anything of it, so it is retried like any other failure; what took too long is not. */
function whole({ name, does, code }: LateFault): readonly FaultCase[] {
  const isLate = code === 'PROVIDER_TIMEOUT'
  const timeouts = isLate ? { total_ms: impatient.total_ms } : undefined
  const first = { at: 'first', plays: [does], asked: isLate ? 1 : 3, timeouts } as const
  return [
    {
      name: `${name}, whole, at the only target`,
      stream: false,
      targets: [first],
      expected: { status: statusOf[code], code, reads: 0 },
    },
    {
      name: `${name}, whole, before a target that answers`,
      stream: false,
      targets: [first, { at: 'second', plays: [answers], asked: 1 }],
      expected: answered,
    },
  ]
}

/** Its reader has the beginning: from then on it is the route's recovery that counts. */
function streamed({ name, does, code, after }: LateFault): readonly FaultCase[] {
  const isLate = code === 'PROVIDER_TIMEOUT'
  const cut = { status: 200, code, reads: after } as const
  const timeouts = isLate ? { stall_ms: impatient.stall_ms } : undefined
  const always = { at: 'first', plays: [does], timeouts } as const
  const next = { at: 'second', plays: [answers] } as const
  return [
    {
      name: `${name}, streamed, where nobody can go on`,
      stream: true,
      targets: [
        { ...always, asked: 1 },
        { ...next, asked: 0 },
      ],
      expected: cut,
    },
    {
      name: `${name}, streamed once, at temperature 0, at the only target`,
      stream: true,
      temperature: 0,
      targets: [{ at: 'first', plays: [does, answers], asked: isLate ? 1 : 2, timeouts }],
      expected: isLate ? cut : answered,
    },
    {
      name: `${name}, streamed, aligned with the next target's answer`,
      stream: true,
      temperature: 0,
      route: { recovery: 'align' },
      targets: [
        { ...always, asked: 1 },
        { ...next, asked: 1 },
      ],
      expected: answered,
    },
    {
      name: `${name}, streamed, where the next target says something else`,
      stream: true,
      route: { recovery: 'align' },
      targets: [
        { ...always, asked: 1 },
        { ...next, asked: 1 },
      ],
      expected: { status: 200, code: 'PROVIDER_PROTOCOL', reads: after },
    },
    {
      name: `${name}, streamed, continued by a target that takes a prefix`,
      stream: true,
      route: { recovery: 'continue' },
      targets: [
        { ...always, asked: 1 },
        { at: 'third', plays: [answers], asked: 1 },
      ],
      expected: answered,
    },
    {
      name: `${name}, streamed once, at the only target, which takes a prefix`,
      stream: true,
      targets: [{ at: 'third', plays: [does, answers], asked: isLate ? 1 : 2, timeouts }],
      expected: isLate ? cut : answered,
    },
    {
      name: `${name}, streamed, from a route that holds answers back`,
      stream: true,
      route: { stream_guard: 'buffer' },
      targets: [
        { ...always, asked: isLate ? 1 : 3 },
        { ...next, asked: 1 },
      ],
      expected: answered,
    },
  ]
}
