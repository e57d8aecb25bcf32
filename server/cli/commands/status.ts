import type { Command } from 'commander'
import { z } from 'zod'
import { localTime } from '../local-time.ts'
import { addVerb, sessionOf } from '../verb.ts'

const data = z.object({
  server: z.object({
    version: z.string(),
    configVersion: z.number(),
    startedAt: z.string(),
    embeddedDatabase: z.boolean(),
  }),
  providers: z.array(
    z.object({ name: z.string(), health: z.object({ state: z.string(), score: z.number() }) }),
  ),
})

const document = `query Status {
  server { version configVersion startedAt embeddedDatabase }
  providers { name health { state score } }
}`

export function addStatus(program: Command): void {
  addVerb(program, 'status', {
    description: 'Says whether the server runs, and how its providers are.',
    example: 'status',
  }).action(async (_options, command: Command) => {
    const { api, print, table } = sessionOf(command)
    const { server, providers } = await api.run({ document, data })
    print({ url: api.origin, server, providers }, () =>
      [
        `AI Orchestrator ${server.version} runs at ${api.origin}`,
        `Started    ${localTime(server.startedAt)}`,
        `Config     version ${server.configVersion}`,
        `Database   ${server.embeddedDatabase ? 'embedded' : 'external'}`,
        '',
        table(providers, [
          { title: 'PROVIDER', value: ({ name }) => name, shrinks: true },
          { title: 'HEALTH', value: ({ health }) => health.state },
          { title: 'SCORE', value: ({ health }) => health.score, right: true },
        ]),
      ].join('\n'),
    )
  })
}
