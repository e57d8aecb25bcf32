import { readFileSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ask } from './caller.ts'
import { framesOf } from './double-answer.ts'
import type { Behaviour } from './double-exchange.ts'
import { type FaultHouse, openHouse } from './fault-house.ts'
import { gzipBomb } from './odd-documents.ts'
import { type ProviderDouble, startDouble } from './provider-double.ts'
import { eventStream, json } from './sound-answers.ts'

const mebibyte = Buffer.alloc(1024 * 1024, 0x78)

/** Begins with a few tokens, and then sends one line that never ends. */
const endlessLine: Behaviour = async (exchange) => {
  const [role, first] = framesOf(exchange.entry, exchange.plan())
  await exchange.head(200, eventStream)
  await exchange.body(`${role?.text}${first?.text}`, 1)
  await exchange.body('data: {"padding":"')
  while (exchange.isOpen) await exchange.body(mebibyte)
}

/** A document that never ends. */
const endlessDocument: Behaviour = async (exchange) => {
  await exchange.head(200, json)
  while (exchange.isOpen) await exchange.body(mebibyte)
}

describe('an answer that is larger than any', () => {
  let double: ProviderDouble
  let house: FaultHouse

  beforeAll(async () => {
    double = await startDouble()
    const timeouts = { first_token_ms: 20_000, stall_ms: 20_000, total_ms: 40_000 }
    house = await openHouse({
      providers: { double: { double, timeouts, retries: { max: 0 } } },
      models: ['large'],
    })
  })
  afterAll(async () => {
    await house?.close()
    await double?.close()
  })

  it.each([
    ['a gzip bomb for a document', gzipBomb(), false, 502],
    ['a gzip bomb for a stream', gzipBomb(eventStream), true, 502],
    ['a document without an end', endlessDocument, false, 502],
    ['a line without an end', endlessLine, true, 200],
  ])('is given up, and the provider is left (%s)', async (_, behaviour, stream, status) => {
    double.play('large', behaviour)
    const heard = await ask(house.origin, { model: 'double:large', stream })
    expect(heard).toMatchObject({ status, code: 'provider_protocol', isWhole: false })
    await double.bill.at(-1)?.over
    expect(peakBytes(house.server.pid)).toBeLessThan(700 * 1024 * 1024)
  })
})

/** The most memory that a process ever had, as Linux tells it. */
function peakBytes(pid: number): number {
  const [, kilobytes] = /VmHWM:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? []
  return Number(kilobytes) * 1024
}
