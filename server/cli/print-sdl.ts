import { printSchema } from 'graphql'
import { schema } from '#graphql/schema.ts'

// Prints the schema that is served. It is committed as server/graphql/schema.graphql: `npm run sdl`.
process.stdout.write(`${printSchema(schema)}\n`)
