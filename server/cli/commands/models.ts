import type { Command } from 'commander'
import { z } from 'zod'
import { addVerb, sessionOf } from '../verb.ts'

const price = z.object({ inputPerMillion: z.string(), outputPerMillion: z.string() })
const data = z.object({
  models: z.object({
    totalCount: z.number(),
    edges: z.array(
      z.object({
        node: z.object({
          slug: z.string(),
          available: z.boolean(),
          contextWindow: z.number().nullable(),
          price: price.nullable(),
        }),
      }),
    ),
  }),
})

const document = `query Models($search: String, $provider: String, $first: Int) {
  models(search: $search, provider: $provider, first: $first) {
    totalCount
    edges { node { slug available contextWindow price { inputPerMillion outputPerMillion } } }
  }
}`

export function addModels(program: Command): void {
  addVerb(program, 'models [search]', {
    description: 'Models and what they cost, in US dollars per million tokens.',
    example: 'models mini --provider openai',
  })
    .option('--provider <name>', 'only of this provider')
    .action(async (search: string | undefined, _options, command: Command) => {
      const { api, print, table, tell } = sessionOf(command)
      const { provider } = command.opts<{ provider?: string }>()
      const { models } = await api.run({
        document,
        data,
        variables: { search, provider, first: 100 },
      })
      const found = models.edges.map(({ node }) => node)
      print({ totalCount: models.totalCount, models: found }, () =>
        table(found, [
          { title: 'MODEL', value: ({ slug }) => slug, shrinks: true },
          { title: 'CONTEXT', value: (model) => model.contextWindow, right: true },
          { title: 'INPUT', value: (model) => model.price?.inputPerMillion, right: true },
          { title: 'OUTPUT', value: (model) => model.price?.outputPerMillion, right: true },
        ]),
      )
      if (models.totalCount > found.length) {
        tell(`${found.length} of ${models.totalCount}: search to see others.`)
      }
    })
}
