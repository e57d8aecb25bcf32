/**
 * Sparse histograms over logarithmic buckets, after DDSketch (Masson, Rim, Lee, 2019): any quantile is within 2 % of
 * a value of that rank, and histograms of parts add up to that of the whole. Postgres has the same function,
 * `histogram_element`.
 */
export type Histogram = ReadonlyMap<number, number>

/** The relative error of quantiles. */
export const relativeError = 0.02

const gamma = (1 + relativeError) / (1 - relativeError)
const lnGamma = Math.log(gamma)
/** Shifts the buckets of small values above 0; bucket 0 is all values below `smallest`. */
const offset = 128
const smallest = 0.01
const largest = 1e12
/** An element packs bucket * 2^40 + count. */
const countBits = 40n
const countMask = (1n << countBits) - 1n

/** The bucket of a value of 0 or more. */
export function bucketOf(value: number): number {
  if (value < smallest) return 0
  return Math.ceil(Math.log(Math.min(value, largest)) / lnGamma) + offset
}

/** The value that stands for a bucket: at most 2 % off every value in it. */
export function valueOf(bucket: number): number {
  return bucket === 0 ? 0 : (2 * gamma ** (bucket - offset)) / (gamma + 1)
}

/** Counts one more value. */
export function addValue(histogram: Map<number, number>, value: number): void {
  const bucket = bucketOf(value)
  histogram.set(bucket, (histogram.get(bucket) ?? 0) + 1)
}

/** Adds the counts of `part` to `whole`. */
export function addHistogram(whole: Map<number, number>, part: Histogram): void {
  for (const [bucket, count] of part) whole.set(bucket, (whole.get(bucket) ?? 0) + count)
}

/**
 * The value below which the fraction `q` of all values lies (nearest rank).
 *
 * @param q From 0 to 1.
 * @returns Null for an empty histogram.
 */
export function quantile(histogram: Histogram, q: number): number | null {
  const buckets = [...histogram].toSorted(([a], [b]) => a - b)
  const total = buckets.reduce((sum, [, count]) => sum + count, 0)
  if (total <= 0) return null
  const rank = Math.max(1, Math.ceil(q * total))
  let seen = 0
  for (const [bucket, count] of buckets) {
    seen += count
    if (seen >= rank) return valueOf(bucket)
  }
  return null
}

/** Reads a histogram as Postgres stores it. */
export function unpackHistogram(elements: readonly (string | bigint)[]): Map<number, number> {
  const histogram = new Map<number, number>()
  for (const packed of elements) {
    const element = BigInt(packed)
    histogram.set(Number(element >> countBits), Number(element & countMask))
  }
  return histogram
}
