/** Somewhere that lines go without anybody waiting for them. */
export interface LineSink {
  /** Takes one or more whole lines and writes them in the background; best many at once. */
  write(lines: string): void
  /** Writes what is pending before it returns: for the end of the process. */
  flushNow(): void
}
