import { spawnSync } from 'node:child_process'
import { expect, it } from 'vitest'

const program = `
  import { standardError } from '#telemetry/standard-error.ts'
  const sink = standardError()
  for (let line = 0; line < 20_000; line++) sink.write(\`line \${line}\\n\`)
  sink.flushNow()
`

it('brings every line to standard error, however many at once', () => {
  const { stderr, status } = spawnSync(
    process.execPath,
    ['--input-type=module-typescript', '-e', program],
    { cwd: process.cwd(), encoding: 'utf8', maxBuffer: 1024 * 1024 },
  )
  expect(status).toBe(0)
  expect(stderr.trimEnd().split('\n')).toEqual(
    Array.from({ length: 20_000 }, (_, line) => `line ${line}`),
  )
})
