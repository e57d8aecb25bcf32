// @vitest-environment node
import { readFileSync } from 'node:fs'
import { generate } from '@graphql-codegen/cli'
import { expect, it } from 'vitest'
import config from '#web/codegen.ts'

it('holds the documents that npm run codegen makes of the queries and the printed schema', async () => {
  const files: readonly { filename: string; content: string }[] = await generate(
    { ...config, silent: true },
    false,
  )
  const made = files.find(({ filename }) => filename.endsWith('documents.ts'))
  const committed = readFileSync('web/graphql/documents.ts', 'utf8')
  expect(documents(made?.content ?? '')).toEqual(documents(committed))
})

/** A text's documents, without the types: hooks of writing change the header, and the formatter nothing. */
function documents(text: string): readonly string[] {
  const lines = text.split('\n').filter((line) => line.startsWith('export const'))
  expect(lines.length).toBeGreaterThan(10)
  return lines
}
