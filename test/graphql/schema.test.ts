import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { buildSchema, findBreakingChanges, printSchema } from 'graphql'
import { describe, expect, it } from 'vitest'
import { schema } from '#graphql/schema.ts'
import { leftForLater } from './left-for-later.ts'

const read = (path: string) => readFileSync(join(import.meta.dirname, '../..', path), 'utf8')
const contract = buildSchema(read('test/fixtures/contract.graphql'))

describe('the schema that is served', () => {
  it('is the one that is committed: `npm run sdl` prints it', () => {
    expect(`${printSchema(schema)}\n`).toBe(read('server/graphql/schema.graphql'))
  })

  it('breaks the contract in nothing but what is left for later issues', () => {
    const changes = findBreakingChanges(
      contract,
      buildSchema(read('server/graphql/schema.graphql')),
    )
    expect(changes.map(({ description }) => description).toSorted()).toEqual(
      leftForLater.toSorted(),
    )
  })
})
