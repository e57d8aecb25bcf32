import { execFileSync } from 'node:child_process'
import fc from 'fast-check'
import { parse } from 'graphql'
import { describe, expect, it } from 'vitest'
import { requestView } from '#graphql/request-view.ts'
import { type SnippetLanguage, snippetOf } from '#graphql/snippet.ts'
import { recordOf } from '../support/request-record.ts'

const origin = 'http://127.0.0.1:5455'
const snippet = (language: SnippetLanguage, over: Parameters<typeof recordOf>[0] = {}) =>
  snippetOf(requestView(recordOf(over)), { language, origin })

describe('a snippet', () => {
  it.each(['CURL', 'TYPESCRIPT', 'PYTHON', 'CLI'] as const)(
    'in %s names this server and takes the key from the environment',
    (language) => {
      expect(snippet(language)).toContain(origin)
      expect(snippet(language)).toContain('ORCHESTRATOR_API_KEY')
    },
  )

  it('in CURL survives the shell, whatever the model is called', () => {
    fc.assert(
      fc.property(
        fc.string({ minLength: 1, maxLength: 20, unit: 'grapheme-ascii' }),
        (requestedModel) => {
          const text = snippet('CURL', { requestedModel }).replace(/^curl /, 'printf "%s\\n" ')
          const body =
            execFileSync('sh', ['-c', text]).toString().trimEnd().split('\n').at(-1) ?? ''
          expect(JSON.parse(body)).toMatchObject({ model: requestedModel })
        },
      ),
      { numRuns: 20 },
    )
  })

  it('in GRAPHQL is an operation', () => {
    expect(parse(snippet('GRAPHQL', { requestedModel: 'a"b\\c' })).definitions).toHaveLength(1)
  })

  it('embeds where the call did, and streams where it did', () => {
    expect(snippet('CURL', { surface: 'OPENAI_EMBEDDINGS' })).toContain('/v1/embeddings')
    expect(snippet('PYTHON', { stream: true })).toContain('stream=True')
    expect(snippet('TYPESCRIPT', { stream: true })).toContain('stream: true')
  })
})
