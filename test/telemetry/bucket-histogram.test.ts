import { Histogram, Registry } from 'prom-client'
import { expect, it } from 'vitest'
import { BucketHistogram, labelText } from '#telemetry/bucket-histogram.ts'

const options = { name: 'waited_seconds', help: 'How long.', buckets: [0.005, 0.1, 1, 10] }

it('reads as prom-client’s own does', async () => {
  const registers = [new Registry()]
  const theirs = new Histogram({ ...options, labelNames: ['provider', 'model'], registers })
  const ours = new BucketHistogram(options)
  for (const [provider, model] of [
    ['openai', 'm'],
    ['xai', 'a "b" \\ c\nd'],
  ] as const) {
    const distribution = ours.labelled(labelText({ provider, model }))
    for (const value of [0, 0.005, 0.0051, 1, 9, 10, 11]) {
      theirs.observe({ provider, model }, value)
      distribution.observe(value)
    }
  }
  expect(ours.text().trimEnd()).toBe((await registers[0]!.metrics()).trimEnd())
})

it('shows a distribution without labels before its first value', () => {
  const histogram = new BucketHistogram(options)
  histogram.labelled('')
  expect(histogram.text()).toContain('waited_seconds_bucket{le="+Inf"} 0')
  expect(histogram.text()).toContain('waited_seconds_count 0')
})
