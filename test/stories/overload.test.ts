import { afterAll, beforeAll, expect, it } from 'vitest'
import { systemClock } from '#jobs/system-clock.ts'
import { createLoadMeter } from '#telemetry/load-meter.ts'
import { openDoor, type RestDoor } from '#test/support/rest-door.ts'
import { answerOf, endChunk, scriptedAdapter, textChunk } from '#test/support/fake-gateway.ts'

const meter = createLoadMeter({ clock: systemClock, queue: () => 0, memory: () => 0 })
let door: RestDoor
let stop = () => {}
beforeAll(async () => {
  const adapter = scriptedAdapter(
    async () =>
      answerOf(
        (async function* () {
          yield textChunk('hello')
          yield endChunk()
        })(),
      ),
    { kind: 'OPENAI_COMPATIBLE' },
  )
  door = await openDoor({ adapters: [adapter], load: meter.load })
  stop = meter.start()
})
afterAll(async () => {
  stop()
  await door.close()
})

/** Keeps the event loop for `ms`, as too much work at once does. */
function block(ms: number): void {
  const until = performance.now() + ms
  while (performance.now() < until);
}

const complete = (priority: string) =>
  fetch(`${door.origin}/v1/chat/completions`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'x-orchestrator-priority': priority },
    body: JSON.stringify({ model: 'openai:gpt-test', messages: [{ role: 'user', content: 'hi' }] }),
  })

it('refuses LOW calls before NORMAL ones while the event loop is blocked, and never lists, health or metrics', async () => {
  const isShed = () => low?.status === 503 && normal?.status === 200
  let low: Response | undefined
  let normal: Response | undefined
  // Each block is below what a NORMAL call puts up with; a slow machine may add to it, and takes another round.
  for (let round = 0; round < 20 && !isShed(); round++) {
    block(320)
    ;[low, normal] = await Promise.all([complete('low'), complete('normal')])
  }
  expect([low?.status, normal?.status]).toEqual([503, 200])
  expect(low?.headers.get('retry-after')).toBe('2')
  expect(await low?.json()).toMatchObject({
    error: { code: 'overloaded', message: expect.stringMatching(/event loop is \d+ ms late/) },
  })
  expect(door.records.ended.findLast(({ priority }) => priority === 'LOW')).toMatchObject({
    status: 'REFUSED',
    errorCode: 'OVERLOADED',
    attempts: [],
  })
  const free = ['/v1/models', '/health', '/livez', '/readyz', '/metrics']
  const answers = await Promise.all(free.map((path) => fetch(door.origin + path)))
  expect(answers.map(({ status }) => status)).toEqual(free.map(() => 200))
  const [, , , , metrics] = answers
  expect(await metrics?.text()).toMatch(/orchestrator_shed_total\{priority="LOW"\} [1-9]/)
})
