import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { askedRouting } from '#rest/openai/asked-routing.ts'
import { answerOf, endChunk, scriptedAdapter } from '#test/support/fake-gateway.ts'
import { openDoor, type RestDoor } from '#test/support/rest-door.ts'

const refusalOf = (headers: Readonly<Record<string, string>>): unknown => {
  try {
    return askedRouting(headers)
  } catch (thrown) {
    return thrown
  }
}

describe('headers', () => {
  it('say the same as a routing input', () => {
    const headers = {
      'x-orchestrator-strategy': 'lowest_cost',
      'x-orchestrator-allow': 'openai:*, xai:grok-4,,',
      'x-orchestrator-deny': 'openai:gpt-4',
      'x-orchestrator-fallbacks': 'gpt4 ,ollama:llama3:8b',
      'x-orchestrator-max-cost': ' 0.05 ',
      'x-orchestrator-timeout-ms': '30000',
    }
    expect(askedRouting(headers)).toEqual({
      strategy: 'LOWEST_COST',
      allow: ['openai:*', 'xai:grok-4'],
      deny: ['openai:gpt-4'],
      fallbacks: ['gpt4', 'ollama:llama3:8b'],
      maxCost: 500_000_000n,
      timeoutMs: 30_000,
    })
  })

  it('ask for nothing where there are none', () => {
    expect(askedRouting({ 'x-orchestrator-priority': 'HIGH' })).toBeUndefined()
  })

  it.each([
    ['x-orchestrator-strategy', 'best', ['x-orchestrator-strategy'], 'must be one of PRIORITY'],
    ['x-orchestrator-allow', ' , ', ['x-orchestrator-allow', '0'], 'must not be blank'],
    ['x-orchestrator-deny', 'a,*:b', ['x-orchestrator-deny', '1'], 'may have a * at its end'],
    ['x-orchestrator-max-cost', '-1', ['x-orchestrator-max-cost'], 'must be a decimal number'],
    ['x-orchestrator-max-cost', '', ['x-orchestrator-max-cost'], 'must be a decimal number'],
    ['x-orchestrator-timeout-ms', '1e3', ['x-orchestrator-timeout-ms'], 'must be a whole number'],
  ])('are refused by their name: %s: %s', (name, value, path, message) => {
    expect(refusalOf({ [name]: value })).toMatchObject({
      code: 'INVALID_REQUEST',
      message: expect.stringContaining(`The header ${name} ${message}`),
      details: { issues: [{ path, message: expect.stringContaining(message) }] },
    })
  })
})

describe('the door', () => {
  let door: RestDoor
  let oldDoor: RestDoor
  const adapters = [
    scriptedAdapter(async () =>
      answerOf(
        (async function* () {
          yield endChunk()
        })(),
      ),
    ),
  ]
  beforeAll(async () => {
    door = await openDoor({ adapters })
    oldDoor = await openDoor({ adapters, legacy: true })
  })
  afterAll(() => Promise.all([door.close(), oldDoor.close()]))

  const ask = (to: RestDoor, path: string) =>
    fetch(`${to.origin}/v1/${path}`, {
      method: 'POST',
      headers: { 'x-orchestrator-timeout-ms': 'soon' },
      body: JSON.stringify({ model: 'openai:m', messages: [], input: 'a' }),
    })

  it.each(['chat/completions', 'embeddings'])('refuses what it cannot read: %s', async (path) => {
    const answer = await ask(door, path)
    expect(answer.status).toBe(400)
    expect(await answer.json()).toMatchObject({
      error: { param: 'x-orchestrator-timeout-ms', code: 'invalid_request' },
    })
  })

  it('knows no such header with a v0.7.2 file', async () => {
    const answer = await ask(oldDoor, 'chat/completions')
    await answer.text()
    expect(answer.status).toBe(200)
  })
})
