import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterEach, expect, it, vi } from 'vitest'
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

const line = (index: number) => `${String(index).padStart(29, '0')}\n`
const numbersIn = (text: string) => text.trim().split('\n').map(Number)
const upTo = (count: number, length: number) =>
  Array.from({ length }, (_, index) => count - length + index)

it('keeps the latest lines and so many old files', () => {
  const file = logFile()
  const sink = rotatingFile(file, { maxBytes: 100, keep: 2 })
  for (let index = 0; index < 50; index++) sink.write(line(index))
  sink.flushNow()
  expect(readdirSync(dirname(file)).toSorted()).toEqual([
    'router.log',
    'router.log.1',
    'router.log.2',
  ])
  for (const suffix of ['', '.1', '.2'])
    expect(statSync(file + suffix).size).toBeLessThanOrEqual(100)
  const numbers = numbersIn(
    ['.2', '.1', ''].map((suffix) => readFileSync(file + suffix, 'utf8')).join(''),
  )
  expect(numbers).toEqual(upTo(50, numbers.length))
})

it('loses no line and keeps their order while it writes in the background', async () => {
  const file = logFile()
  const sink = rotatingFile(file, { maxBytes: 20_000, keep: 30 })
  for (let index = 0; index < 10_000; index++) {
    sink.write(line(index))
    if (index % 700 === 0) await new Promise((resolve) => setImmediate(resolve))
  }
  const all = () => {
    const names = readdirSync(dirname(file)).toSorted(
      (a, b) => Number(b.split('.')[2] ?? 0) - Number(a.split('.')[2] ?? 0),
    )
    return numbersIn(names.map((name) => readFileSync(join(dirname(file), name), 'utf8')).join(''))
  }
  await vi.waitFor(() => expect(all()).toEqual(upTo(10_000, 10_000)))
  expect(readdirSync(dirname(file)).length).toBeGreaterThan(1)
})

it('goes on after a file that is there already', () => {
  const file = logFile()
  for (const text of ['one\n', 'two\n']) {
    const sink = rotatingFile(file)
    sink.write(text)
    sink.flushNow()
  }
  expect(readFileSync(file, 'utf8')).toBe('one\ntwo\n')
})

it('keeps to its size however many lines come at once', () => {
  const file = logFile()
  const sink = rotatingFile(file, { maxBytes: 100 })
  for (let index = 0; index < 4; index += 2) sink.write(line(index) + line(index + 1))
  sink.flushNow()
  expect(numbersIn(readFileSync(`${file}.1`, 'utf8'))).toEqual([0, 1])
  expect(numbersIn(readFileSync(file, 'utf8'))).toEqual([2, 3])
})

it('goes on in the same file when the old ones cannot be moved', () => {
  const file = logFile()
  const problems: unknown[] = []
  const sink = rotatingFile(file, {
    maxBytes: 40,
    keep: 1,
    onError: (error) => problems.push(error),
  })
  mkdirSync(join(`${file}.1`, 'full'), { recursive: true })
  for (let index = 0; index < 3; index++) sink.write(line(index))
  sink.flushNow()
  expect(problems.length).toBeGreaterThan(0)
  expect(numbersIn(readFileSync(file, 'utf8'))).toEqual([0, 1, 2])
})
