const lineFeed = 0x0a
const carriageReturn = 0x0d

/**
 * Passes a stream's bytes on in whole frames, so that what breaks off can be followed by a frame of ours. Reads end
 * with a frame nearly always: then nothing is copied or kept.
 */
export class WholeFrames {
  #held: Uint8Array | undefined

  /** @returns What may go out now; perhaps nothing. */
  take(bytes: Uint8Array): Uint8Array {
    const all = this.#held ? Buffer.concat([this.#held, bytes]) : bytes
    const end = afterLastFrame(all)
    this.#held = end === all.length ? undefined : all.subarray(end)
    return end === all.length ? all : all.subarray(0, end)
  }

  /** What was kept: the beginning of a frame, before `last`, which ends the stream. */
  finish(last: Uint8Array): Uint8Array {
    return this.#held ? Buffer.concat([this.#held, last]) : last
  }
}

/** The offset behind the last blank line; 0 when there is none. */
function afterLastFrame(bytes: Uint8Array): number {
  for (let at = bytes.length - 1; at > 0; at--) {
    const unit = bytes[at]
    if (unit !== lineFeed && unit !== carriageReturn) {
      const before = Math.max(
        bytes.lastIndexOf(lineFeed, at),
        bytes.lastIndexOf(carriageReturn, at),
      )
      if (before <= 0) return 0
      at = before + 1
      continue
    }
    if (endsBlankLine(bytes, at)) return at + 1
  }
  return 0
}

/** Whether a blank line ends at `at`: two line ends, of whichever kinds. */
function endsBlankLine(bytes: Uint8Array, at: number): boolean {
  const unit = bytes[at]
  const before = bytes[at - 1]
  if (unit === carriageReturn) return before === carriageReturn || before === lineFeed
  if (before === lineFeed) return true
  if (before !== carriageReturn) return false
  return bytes[at - 2] === lineFeed || bytes[at - 2] === carriageReturn
}
