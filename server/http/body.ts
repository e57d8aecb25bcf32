import type { IncomingMessage } from 'node:http'
import { Refusal } from './refusal.ts'

const noBytes = Buffer.alloc(0)

/**
 * Reads a request's body. What the client declares is judged before the first byte, what it sends while it comes.
 *
 * @param limit The most bytes that are taken.
 * @throws {Refusal} 413 above the limit; 400 when the client hangs up in the middle.
 */
export function readBody(request: IncomingMessage, limit: number): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const declared = request.headers['content-length']
    if (declared !== undefined && Number(declared) > limit) {
      reject(tooLarge())
      return
    }
    let first: Buffer | undefined
    let more: Buffer[] | undefined
    let size = 0
    request.on('data', (part: Buffer) => {
      size += part.length
      if (size > limit) {
        more = undefined
        reject(tooLarge())
      } else if (!first) first = part
      else (more ??= [first]).push(part)
    })
    request.on('end', () => resolve(more ? Buffer.concat(more, size) : (first ?? noBytes)))
    request.on('close', () => {
      if (!request.complete) reject(new Refusal(400, 'the request body broke off'))
    })
  })
}

function tooLarge(): Refusal {
  return new Refusal(413, 'request too large')
}
