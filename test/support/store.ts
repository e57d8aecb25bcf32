import { mkdtempSync, rmSync } from 'node:fs'
import { createServer, connect, type Server, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { randomUUID } from 'node:crypto'
import type { AddressInfo } from 'node:net'
import pg from 'pg'
import { onTestFinished } from 'vitest'
import { createCallRecords, type DurableCallRecords } from '#store/call-records.ts'
import type { Clock } from '#gateway/ports.ts'
import { FakeClock } from './fake-gateway.ts'
import { attemptOf, recordOf } from './request-record.ts'
import type { RequestRecord } from '#domain/request-record.ts'
import { lowestIdAt } from '#domain/request-id.ts'

export interface Logged {
  readonly level: 'info' | 'warn' | 'error'
  readonly message: string
}

export class MemoryLog {
  readonly lines: Logged[] = []
  info = (_fields: object, message: string): void =>
    void this.lines.push({ level: 'info', message })
  warn = (_fields: object, message: string): void =>
    void this.lines.push({ level: 'warn', message })
  error = (_fields: object, message: string): void =>
    void this.lines.push({ level: 'error', message })
}

/** A folder that is gone when the test is over. */
export function testFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'orchestrator-store-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

export interface OpenedRecords<Time> {
  readonly records: DurableCallRecords
  readonly clock: Time
  readonly log: MemoryLog
  readonly replicaId: string
  readonly spoolFolder: string
}

/** The product's records on a test's database, closed when the test is over. */
export async function openRecords<Time extends Clock = FakeClock>(
  databaseUrl: string,
  {
    spoolFolder = testFolder(),
    clock = new FakeClock() as Clock as Time,
    ...options
  }: {
    spoolFolder?: string
    clock?: Time
    soleReplica?: boolean
    maxSpoolBytes?: number
    timeoutMs?: number
  } = {},
): Promise<OpenedRecords<Time>> {
  const log = new MemoryLog()
  const replicaId = randomUUID()
  const records = await createCallRecords({
    databaseUrl,
    replicaId,
    spoolFolder,
    clock,
    log,
    ...options,
  })
  onTestFinished(() => records.close())
  return { records, clock, log, replicaId, spoolFolder }
}

/** When test calls begin; the fake clock stands there. */
export const testEpochMs = new FakeClock().epochMs()

let serial = 0

/** A call of its own that began at an instant, and cost what is given. */
export function callAt(epochMs: number, over: Partial<RequestRecord> = {}): RequestRecord {
  serial++
  const id = `${lowestIdAt(epochMs).slice(0, 14)}7${serial.toString(16).padStart(7, '0').slice(0, 3)}-8${serial
    .toString(16)
    .padStart(7, '0')
    .slice(3, 6)}-${serial.toString(16).padStart(12, '0')}`
  return recordOf({ id, createdAt: epochMs, finishedAt: epochMs + 100, ...over })
}

/** A call with one attempt that cost so many ticks. */
export function costing(ticks: bigint, over: Partial<RequestRecord> = {}): RequestRecord {
  const plain = attemptOf()
  const cost = { ...plain.cost!, total: ticks, input: ticks, output: 0n }
  return callAt(over.createdAt ?? testEpochMs, { ...over, cost, attempts: [attemptOf({ cost })] })
}

/** Runs one statement. */
export async function sql<Row extends pg.QueryResultRow>(
  url: string,
  text: string,
  values: unknown[] = [],
): Promise<Row[]> {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  try {
    return (await client.query<Row>(text, values)).rows
  } finally {
    await client.end()
  }
}

/** A road to Postgres that can be closed, and opened again at the same address. */
export interface Road {
  readonly url: string
  /** Cuts whatever is on it and refuses what comes. */
  close(): Promise<void>
  /** Lets nothing through any more, without saying so: a server that was stopped. */
  stall(): void
  open(): Promise<void>
}

export async function roadTo(databaseUrl: string): Promise<Road> {
  const target = new URL(databaseUrl)
  const sockets = new Set<Socket>()
  let stalled = false
  let server: Server

  const forward = (from: Socket) => {
    const to = connect(Number(target.port), target.hostname)
    for (const [one, other] of [
      [from, to],
      [to, from],
    ] as const) {
      sockets.add(one)
      one.on('error', () => other.destroy())
      one.on('close', () => {
        sockets.delete(one)
        other.destroy()
      })
      one.on('data', (data) => {
        if (!stalled) other.write(data)
      })
    }
  }
  const listen = async (port: number) => {
    stalled = false
    server = createServer(forward)
    await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve))
  }
  const close = async () => {
    for (const socket of sockets) socket.destroy()
    await new Promise((resolve) => server.close(resolve))
  }

  await listen(0)
  const { port } = server!.address() as AddressInfo
  onTestFinished(close)
  const url = new URL(databaseUrl)
  url.hostname = '127.0.0.1'
  url.port = String(port)
  return {
    url: url.href,
    close,
    stall: () => {
      stalled = true
    },
    open: () => listen(port),
  }
}
