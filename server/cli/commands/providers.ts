import type { Command } from 'commander'
import { z } from 'zod'
import { CliFailure } from '../cli-failure.ts'
import { accepted, refusalFields, type ServerApi } from '../server-api.ts'
import { addVerb, sessionOf } from '../verb.ts'

const provider = z.object({
  id: z.string(),
  name: z.string(),
  kind: z.string(),
  override: z.string(),
  credential: z.string(),
  circuit: z.object({ state: z.string() }),
  health: z.object({ state: z.string(), score: z.number(), latencyP95Ms: z.number().nullable() }),
})
const success = z.object({ provider })
const tested = z.object({
  provider,
  ok: z.boolean(),
  latencyMs: z.number().nullable(),
  error: z.object({ code: z.string(), message: z.string() }).nullable(),
})
const fields =
  'id name kind override credential circuit { state } health { state score latencyP95Ms }'

export function addProviders(program: Command): void {
  const providers = program.command('providers').description('Lists, tests and switches providers.')

  addVerb(providers, 'list', { description: 'All providers.', example: 'providers list' }).action(
    async (_options, command: Command) => {
      const { api, print, table } = sessionOf(command)
      const found = await api.run({
        document: `query Providers { providers { ${fields} } }`,
        data: z.object({ providers: z.array(provider) }),
      })
      print(found, () =>
        table(found.providers, [
          { title: 'PROVIDER', value: ({ name }) => name, shrinks: true },
          { title: 'HEALTH', value: ({ health }) => health.state },
          { title: 'SCORE', value: ({ health }) => health.score, right: true },
          { title: 'CIRCUIT', value: ({ circuit }) => circuit.state },
          { title: 'OVERRIDE', value: ({ override }) => override },
          { title: 'KEY', value: ({ credential }) => credential },
        ]),
      )
    },
  )

  addVerb(providers, 'test <name>', {
    description: 'Calls a provider now: its list of models.',
    example: 'providers test openai',
  }).action(async (name: string, _options, command: Command) => {
    const { api, print } = sessionOf(command)
    const { testProvider } = await api.run({
      document: `mutation Test($input: NodeIdInput!) { testProvider(input: $input) {
        ... on TestProviderSuccess { ok latencyMs error { code message } provider { ${fields} } }
        ... on Error { code message } } }`,
      data: z.object({ testProvider: z.unknown() }),
      variables: { input: { id: await idOf(name, api) } },
    })
    const { ok, latencyMs, error } = accepted(tested, testProvider)
    if (!ok) throw new CliFailure(`${name}: ${error?.message ?? 'failed'}`, { code: error?.code })
    print({ name, ok, latencyMs }, () => `${name} answers (${latencyMs?.toFixed(0) ?? '-'} ms)`)
  })

  addVerb(providers, 'disable <name>', {
    description: 'Refuses all calls to a provider.',
    example: 'providers disable openai --reason "incident 42"',
  })
    .requiredOption('--reason <text>', 'everybody can read it')
    .action((name: string, _options, command: Command) =>
      switchTo(name, { override: 'FORCE_DISABLED', command }),
    )

  addVerb(providers, 'enable <name>', {
    description: 'Lets health decide about a provider again; with --force, lets all calls through.',
    example: 'providers enable openai',
  })
    .option('--reason <text>', 'everybody can read it')
    .option('--force', 'whatever was measured')
    .action((name: string, { force }: { force?: true }, command: Command) =>
      switchTo(name, { override: force ? 'FORCE_ENABLED' : 'AUTO', command }),
    )

  addVerb(providers, 'reset <name>', {
    description: 'Closes the circuits of a provider.',
    example: 'providers reset openai',
  }).action(async (name: string, _options, command: Command) => {
    const { api, print } = sessionOf(command)
    const { resetCircuit } = await api.run({
      document: `mutation Reset($input: NodeIdInput!) { resetCircuit(input: $input) {
        ... on ProviderSuccess { provider { ${fields} } } ${refusalFields} } }`,
      data: z.object({ resetCircuit: z.unknown() }),
      variables: { input: { id: await idOf(name, api) } },
    })
    const changed = accepted(success, resetCircuit)
    print(changed, () => `${name}: circuit ${changed.provider.circuit.state}`)
  })
}

async function switchTo(
  name: string,
  { override: wanted, command }: { override: string; command: Command },
): Promise<void> {
  const { api, print } = sessionOf(command)
  const { reason } = command.opts<{ reason?: string }>()
  const { setProviderOverride } = await api.run({
    document: `mutation Override($input: SetProviderOverrideInput!) {
      setProviderOverride(input: $input) {
        ... on ProviderSuccess { provider { ${fields} } } ${refusalFields} } }`,
    data: z.object({ setProviderOverride: z.unknown() }),
    variables: { input: { id: await idOf(name, api), override: wanted, reason } },
  })
  const changed = accepted(success, setProviderOverride)
  print(changed, () => `${name}: ${changed.provider.override}`)
}

async function idOf(name: string, api: ServerApi): Promise<string> {
  const { provider: found } = await api.run({
    document: 'query Provider($name: String!) { provider(name: $name) { id } }',
    data: z.object({ provider: z.object({ id: z.string() }).nullable() }),
    variables: { name },
  })
  if (found) return found.id
  throw new CliFailure(`No provider is called ${name}: see \`orchestrator providers list\`.`, {
    code: 'NOT_FOUND',
  })
}
