import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { expect, it } from 'vitest'
import { textOf, top } from './tree.ts'

const manifest: { scripts: Record<string, string> } = JSON.parse(textOf('package.json'))
const script = manifest.scripts['check:svelte'] ?? ''

/** Runs the check's own svelte-check over a folder. */
async function checkComponents(folder: string): Promise<string> {
  const options = script.replace('--workspace web', `--workspace ${folder}`).split(' ').slice(1)
  const program = 'node_modules/svelte-check/bin/svelte-check'
  const outcome = await promisify(execFile)(process.execPath, [program, ...options], {
    cwd: top,
  }).catch((cause: { stdout: string }) => cause)
  return outcome.stdout
}

it('sees the types of components that are imported through package.json#imports', async () => {
  const report = await checkComponents('test/architecture/wrong-property')
  expect(report).toContain("Type 'string' is not assignable to type 'number'")
  expect(report).toContain('found 1 error and 0 warnings')
}, 30_000)
