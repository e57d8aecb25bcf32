import { describe, expect, it } from 'vitest'
import { type RouteBook, routeOf } from '#domain/route.ts'

/** Who lists what. */
type Lists = Readonly<Record<string, readonly string[]>>

const book = (over: Partial<RouteBook> = {}, lists: Lists = {}): RouteBook => ({
  legacy: false,
  providers: ['openai', 'xai', 'simulator'],
  bareNames: ['openai', 'xai'],
  ollamas: [],
  ollamaMayAnswer: true,
  lists: (provider, model) => lists[provider]?.includes(model) ?? false,
  ...over,
})

const old = (over: Partial<RouteBook> = {}, lists: Lists = {}) =>
  book(
    {
      legacy: true,
      providers: ['mock', 'ollama2'],
      bareNames: ['mock'],
      ollamas: ['ollama2'],
      ...over,
    },
    lists,
  )

const withOllama = { providers: ['ollama', 'mock'], ollamas: ['ollama'] }

describe('with a v0.7.2 file', () => {
  it.each<[string, RouteBook, string, string, string]>([
    ['agent:mcp', old(), 'AGENT', 'agent', 'mcp'],
    ['rag:docs', old(), 'RAG', 'rag', 'docs'],
    ['mock:m1', old(), 'PROVIDER', 'mock', 'm1'],
    [' mock : m1:tag ', old(), 'PROVIDER', 'mock', 'm1:tag'],
    ['agent:x', old({ providers: ['agent', 'rag'] }), 'AGENT', 'agent', 'x'],
    ['rag:x', old({ providers: ['agent', 'rag'] }), 'RAG', 'rag', 'x'],
    ['ollama:llama3', old(), 'OLLAMA', 'ollama', 'llama3'],
    ['ollama:llama3:8b', old(), 'OLLAMA', 'ollama', 'llama3:8b'],
    ['llama3', old(), 'OLLAMA', 'ollama', 'llama3'],
    ['ollama:llama3', old(withOllama), 'PROVIDER', 'ollama', 'llama3'],
    ['llama3', old(withOllama), 'PROVIDER', 'ollama', 'llama3'],
    ['llama3', old({}, { mock: ['llama3'] }), 'OLLAMA', 'ollama', 'llama3'],
    ['llama3', old({ ollamaMayAnswer: false }), 'OLLAMA', 'ollama', 'llama3'],
    ['llama3:8b', old({}, { ollama: ['llama3:8b'] }), 'OLLAMA', 'ollama', 'llama3:8b'],
    ['llama3:8b', old({}, { ollama2: ['llama3:8b'] }), 'PROVIDER', 'ollama2', 'llama3:8b'],
    ['llama3:8b', old(withOllama, { ollama: ['llama3:8b'] }), 'PROVIDER', 'ollama', 'llama3:8b'],
  ])('%s goes where it always went', (asked, world, to, provider, model) => {
    expect(routeOf(asked, world)).toEqual({ to, provider, model })
  })

  it.each(['llama3:8b', 'MOCK:m1', 'OLLAMA:x', ':x', 'vendor/model:free'])(
    '%s is refused with 400',
    (asked) => {
      const world = old({}, { mock: ['vendor/model:free'], ollama: ['llama3'] })
      expect(() => routeOf(asked, world)).toThrow(
        expect.objectContaining({
          code: 'INVALID_REQUEST',
          status: 400,
          details: expect.objectContaining({
            legacyDetail: {
              error: expect.any(String),
              model: asked,
              available_providers: ['mock', 'ollama2'],
              suggestion: expect.any(String),
            },
          }),
        }),
      )
    },
  )
})

describe('without one', () => {
  it.each<[string, RouteBook, string, string, string]>([
    ['openai:gpt-4.1', book(), 'PROVIDER', 'openai', 'gpt-4.1'],
    ['simulator:fast', book(), 'PROVIDER', 'simulator', 'fast'],
    ['agent:mcp', book(), 'AGENT', 'agent', 'mcp'],
    ['ollama:x', book(), 'OLLAMA', 'ollama', 'x'],
    [
      'gpt-4.1',
      book({}, { openai: ['gpt-4.1'], xai: ['gpt-4.1'] }),
      'PROVIDER',
      'openai',
      'gpt-4.1',
    ],
    ['grok-4.3', book({}, { xai: ['grok-4.3'] }), 'PROVIDER', 'xai', 'grok-4.3'],
    ['fast', book({}, { simulator: ['fast'] }), 'OLLAMA', 'ollama', 'fast'],
    ['llama3', book(), 'OLLAMA', 'ollama', 'llama3'],
    ['llama3', book(withOllama), 'PROVIDER', 'ollama', 'llama3'],
    ['llama3:8b', book({}, { ollama: ['llama3:8b'] }), 'OLLAMA', 'ollama', 'llama3:8b'],
    [
      'deepseek/r1:free',
      book({}, { xai: ['deepseek/r1:free'] }),
      'PROVIDER',
      'xai',
      'deepseek/r1:free',
    ],
    ['openai:r1:free', book({}, { ollama: ['openai:r1:free'] }), 'PROVIDER', 'openai', 'r1:free'],
  ])('%s is found', (asked, world, to, provider, model) => {
    expect(routeOf(asked, world)).toEqual({ to, provider, model })
  })

  it.each<[string, RouteBook]>([
    ['nobody:x', book()],
    ['llama3:8b', book()],
    ['gpt-9', book({ ollamaMayAnswer: false })],
  ])('%s is not found: 404', (asked, world) => {
    expect(() => routeOf(asked, world)).toThrow(
      expect.objectContaining({
        code: 'MODEL_NOT_FOUND',
        status: 404,
        details: expect.objectContaining({
          issues: [expect.objectContaining({ path: ['model'] })],
          legacyDetail: expect.objectContaining({
            model: asked,
            available_providers: ['openai', 'simulator', 'xai'],
          }),
        }),
      }),
    )
  })
})

it.each(['', '   ', 'openai:', 'openai:   '])('%j names no model', (asked) => {
  expect(() => routeOf(asked, book())).toThrow(expect.objectContaining({ code: 'INVALID_REQUEST' }))
})
