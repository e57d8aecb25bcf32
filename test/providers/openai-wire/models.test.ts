import { describe, expect, it } from 'vitest'
import { listedModels } from '#providers/openai-wire/models.ts'

describe('a listed model', () => {
  it.each([
    ['context_length', { context_length: 4096 }],
    ['context_window', { context_window: 4096 }],
    ['max_model_len (vLLM)', { max_model_len: 4096 }],
    ['max_context_length (Mistral)', { max_context_length: 4096 }],
    ['max_prompt_length (xAI)', { max_prompt_length: 4096 }],
  ])('has its window from %s', (_field, more) => {
    expect(listedModels({ data: [{ id: 'm', ...more }] })).toEqual([
      { id: 'm', contextWindow: 4096 },
    ])
  })

  it.each([[0], [-1], [1.5], ['4096'], [null], [2 ** 53]])('has no window of %j', (size) => {
    expect(listedModels({ data: [{ id: 'm', context_length: size }] })).toEqual([{ id: 'm' }])
  })

  it.each([
    [
      { supported_parameters: ['tools', 'structured_outputs', 'reasoning', 'web_search_options'] },
      ['STREAMING', 'TOOLS', 'JSON_SCHEMA', 'REASONING', 'WEB_SEARCH'],
    ],
    [
      {
        supported_parameters: ['response_format'],
        architecture: { input_modalities: ['text', 'image', 'audio'], output_modalities: ['text'] },
      },
      ['STREAMING', 'VISION', 'AUDIO'],
    ],
    [
      { supported_parameters: [], architecture: { output_modalities: ['embeddings'] } },
      ['EMBEDDINGS'],
    ],
    [{ supported_parameters: [7, null], architecture: 'x' }, ['STREAMING']],
    [{ supported_parameters: 'tools' }, undefined],
    [{ architecture: { input_modalities: ['image'] } }, undefined],
  ])('of %j can do %j', (more, capabilities) => {
    expect(listedModels({ data: [{ id: 'm', ...more }] })[0]?.capabilities).toEqual(capabilities)
  })
})
