import { expect, it } from 'vitest'
import { textOf } from './tree.ts'

const manifest: Record<
  'dependencies' | 'optionalDependencies' | 'devDependencies',
  Record<string, string>
> = JSON.parse(textOf('package.json'))
const packages = {
  ...manifest.dependencies,
  ...manifest.optionalDependencies,
  ...manifest.devDependencies,
}

/** Lines such as "- `zod`: reads config and environment." as [name, reason]. */
const reasons = [
  ...textOf('server/decisions/dependencies.md').matchAll(/^- `([^`]+)`: (.*)$/gm),
].map(([, name = '', reason = '']) => [name, reason] as const)

it('says of every dependency why it is there, and of nothing else', () => {
  expect(reasons.map(([name]) => name).toSorted()).toEqual(Object.keys(packages).toSorted())
})

it('gives a reason that is one', () => {
  expect(reasons.filter(([, reason]) => reason.length < 20)).toEqual([])
})

it('pins every dependency to one version', () => {
  const pinned = /^(?:npm:[a-z]+@)?\d+\.\d+\.\d+(?:-[\w.]+)?$/
  const loose = Object.entries(packages).filter(
    ([name, range]) => !pinned.test(range) && name !== 'typescript',
  )
  expect(loose).toEqual([])
})
