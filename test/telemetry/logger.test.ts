import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { createLog } from '#telemetry/logger.ts'
import { memoryLog } from '#test/support/memory-log.ts'
import { rotatingFile } from '#telemetry/rotating-file.ts'

const folders: string[] = []
afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true })
})

function logFile(): string {
  const folder = mkdtempSync(join(tmpdir(), 'orchestrator-log-'))
  folders.push(folder)
  return join(folder, 'logs', 'router.log')
}

describe('a log', () => {
  it('writes one JSON object a line, with level, time and words', () => {
    const { log, lines } = memoryLog()
    log.info({ requestId: 'r1', n: 7 }, 'done\nwell')
    expect(lines()).toEqual([
      {
        level: 'info',
        time: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/),
        requestId: 'r1',
        n: 7,
        msg: 'done\nwell',
      },
    ])
  })

  it('leaves out what is below its level', () => {
    const { log, lines } = memoryLog({ level: 'warn' })
    log.info({}, 'no')
    log.warn({}, 'yes')
    expect(lines().map(({ msg }) => msg)).toEqual(['yes'])
    expect(log.informs).toBe(false)
  })

  it('masks secrets wherever they stand', () => {
    const { log, lines } = memoryLog({ secrets: () => ['sk-canary-123456', 'short'] })
    log.error(
      {
        err: new Error('bad key sk-canary-123456', { cause: new Error('sk-canary-123456 short') }),
        deep: { key: ['sk-canary-123456'] },
      },
      'sk-canary-123456',
    )
    const text = JSON.stringify(lines())
    expect(text).not.toContain('canary')
    expect(text).toContain('[secret] short')
  })

  it('writes to its file what was pending when it is flushed', () => {
    const file = logFile()
    const log = createLog({ sinks: [rotatingFile(file)] })
    log.info({}, 'hello')
    log.flush()
    expect(readFileSync(file, 'utf8')).toContain('"msg":"hello"')
  })

  it('writes in the background by itself', async () => {
    const file = logFile()
    createLog({ sinks: [rotatingFile(file)] }).info({}, 'hello')
    await vi.waitFor(() => expect(readFileSync(file, 'utf8')).toContain('"msg":"hello"'))
  })
})
