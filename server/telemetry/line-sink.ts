/** Somewhere that lines go without anybody waiting for them. */
export interface LineSink {
  write(line: string): void
  /** Writes what is pending, in the background. */
  flush(): void
  /** Writes what is pending before it returns: for the end of the process. */
  flushNow(): void
}
