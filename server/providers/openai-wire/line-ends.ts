/** Gives a last CRLF its second half, which the network may have cut off: nothing is read behind `[DONE]`. */
export function withLineEnd(bytes: Uint8Array): Uint8Array {
  const isCut = bytes.at(-1) === 0x0d && bytes.at(-2) === 0x0a
  return isCut ? Buffer.concat([bytes, Buffer.from('\n')]) : bytes
}

/** Whether the bytes end with a blank line, of any kind of line end. */
export function endsFrame(bytes: Uint8Array): boolean {
  const [last, beforeLast] = [bytes.at(-1), bytes.at(-2)]
  return (
    (last === 0x0a && (beforeLast === 0x0a || beforeLast === 0x0d)) ||
    (last === 0x0d && beforeLast === 0x0d)
  )
}
