import { setTimeout as pause } from 'node:timers/promises'
import { Command } from 'commander'
import { isErrorCode } from '#domain/errors.ts'
import { exitCodeOf } from '#domain/exit-code.ts'
import { type Env, EnvError, readEnv, withEnvFiles } from '#server/env.ts'
import { isSimulated, nextCall } from './demo-call.ts'
import { type DemoOutcome, type DemoServer, makeCall } from './demo-client.ts'

/** More calls than this are never under way at once. */
const mostAtOnce = 64
const reportMs = 2000

const say = (line: string) => process.stdout.write(`${line}\n`)

function stop(message: string, code: 1 | 2 = 1): never {
  process.stderr.write(`${message}\n`)
  process.exit(code)
}

const {
  rate,
  seconds,
  model: models,
} = new Command('demo')
  .description('Sends a mixed load to simulated models of a running server, until it is stopped.')
  .option('--rate <calls>', 'calls a second, on average', Number, 4)
  .option('--seconds <seconds>', 'stop after so long', Number, Number.POSITIVE_INFINITY)
  .option('--model <names...>', 'only these models; each must begin with simulator:')
  .parse()
  .opts<{ rate: number; seconds: number; model?: string[] }>()

if (!(rate > 0 && rate <= 1000)) stop('--rate: expected a number above 0, up to 1000', 2)
if (!(seconds > 0)) stop('--seconds: expected a number above 0', 2)
const real = models?.find((name) => !isSimulated(name))
if (real !== undefined)
  stop(
    `--model: ${real} is not simulated; the demo calls simulator: models only, so that it never spends a cent`,
    2,
  )

const server = serverOf(settings())
await requireSimulator(server)
say(
  `Sending about ${rate} calls a second to simulated models at ${server.origin}. Watch ${server.origin}/dashboard; Ctrl-C ends it.`,
)
await sendLoad(server)

function settings(): Env {
  try {
    return readEnv(withEnvFiles())
  } catch (error) {
    if (error instanceof EnvError) stop(error.message, 2)
    throw error
  }
}

function serverOf(env: Env): DemoServer {
  const host = env.HOST === '0.0.0.0' || env.HOST === '::' ? '127.0.0.1' : env.HOST
  const origin =
    env.lookup('ORCHESTRATOR_URL') ??
    `http://${host.includes(':') ? `[${host}]` : host}:${env.PORT}`
  return { origin: origin.replace(/\/+$/, ''), token: env.ROUTER_AUTH_TOKEN }
}

async function requireSimulator({ origin, token }: DemoServer): Promise<void> {
  const headers: Record<string, string> =
    token === undefined ? {} : { authorization: `Bearer ${token}` }
  const response = await fetch(`${origin}/v1/models`, { headers }).catch(() => undefined)
  if (!response) {
    return stop(
      `No server answers at ${origin}. Start one in another terminal with \`npm start\`, or say where it is with ORCHESTRATOR_URL (or PORT).`,
    )
  }
  const answer = (await response.json().catch(() => undefined)) as
    | { data?: { id: string }[]; error?: { code?: string; message?: string } }
    | undefined
  const code = answer?.error?.code?.toUpperCase()
  if (response.status === 401 || response.status === 403)
    return stop(`The server at ${origin} wants a token: put it into ROUTER_AUTH_TOKEN.`, 2)
  if (!response.ok) {
    const why = answer?.error?.message ?? `it answered ${response.status}`
    return stop(
      `${origin}/v1/models cannot be read: ${why}`,
      isErrorCode(code) ? exitCodeOf(code) : 1,
    )
  }
  if (answer?.data?.some(({ id }) => isSimulated(id))) return
  stop(
    `The server at ${origin} has no simulator: it runs on a providers.yaml of v0.7.2. Start one without that file to see the demo.`,
  )
}

async function sendLoad(to: DemoServer): Promise<void> {
  const counts: Record<DemoOutcome, number> = {
    answered: 0,
    refused: 0,
    broken: 0,
    'hung up': 0,
    unreachable: 0,
  }
  const end = Date.now() + seconds * 1000
  let underWay = 0
  let stopping = false
  process.once('SIGINT', () => (stopping = true))
  process.once('SIGTERM', () => (stopping = true))
  const report = () =>
    say(
      `${Object.entries(counts)
        .map(([name, count]) => `${count} ${name}`)
        .join(', ')}; ${underWay} under way`,
    )
  const timer = setInterval(report, reportMs)
  while (!stopping && Date.now() < end) {
    await pause(Math.min((-Math.log(1 - Math.random()) * 1000) / rate, 5000))
    if (underWay >= mostAtOnce) continue
    underWay++
    void makeCall(nextCall({ models, random: Math.random }), to).then((outcome) => {
      underWay--
      counts[outcome]++
    })
  }
  clearInterval(timer)
  report()
  process.exit(0)
}
