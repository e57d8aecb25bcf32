import type { Transform } from 'node:stream'
import {
  constants,
  createBrotliDecompress,
  createGunzip,
  createInflate,
  createInflateRaw,
  createZstdDecompress,
} from 'node:zlib'

const flush = constants.Z_SYNC_FLUSH

/** Whether a body with this content-encoding is sent as it is. */
export function isIdentity(encoding: string | undefined): boolean {
  return encoding === undefined || encoding === '' || encoding === 'identity'
}

/**
 * Makes the stream that undoes a content-encoding. It hands on what it has as soon as it has it, and fails on a body
 * that is cut.
 *
 * @param encoding As in the header, lower-case.
 * @param first The body's first bytes: `deflate` is sent with and without its zlib header.
 * @returns Undefined when the encoding is unknown or there are several.
 */
export function contentDecoder(encoding: string, first: Uint8Array): Transform | undefined {
  switch (encoding) {
    case 'gzip':
    case 'x-gzip':
      return createGunzip({ flush })
    case 'deflate':
      return ((first[0] ?? 0) & 0x0f) === 8 ? createInflate({ flush }) : createInflateRaw({ flush })
    case 'br':
      return createBrotliDecompress({ flush: constants.BROTLI_OPERATION_FLUSH })
    case 'zstd':
      return createZstdDecompress()
  }
  return undefined
}
