import { describe, expect, it } from 'vitest'
import { type DetectorName, detectors } from '#domain/detector.ts'
import { TextRewriter } from '#domain/text-rewriter.ts'

const redacted = (name: DetectorName, text: string): string => {
  const { matcher, placeholder } = detectors[name]
  const rewriter = new TextRewriter({ matcher, replace: () => placeholder })
  return rewriter.push(text) + rewriter.finish()
}

describe('a detector', () => {
  it.each<[DetectorName, string, string]>([
    ['email', 'Mail ann.lee+x@mail.example.co.uk.', 'Mail [EMAIL].'],
    ['email', '<ann@example.com>, josé@exämple.de', '<[EMAIL]>, [EMAIL]'],
    ['email', 'email=ann@example.com;b@c', 'email=[EMAIL];b@c'],
    ['email', '@handle a@b', '@handle a@b'],
    ['card', 'Pay 4111 1111 1111 1111, or 5500-0000-0000-0004.', 'Pay [CARD], or [CARD].'],
    ['card', '378282246310005 12', '[CARD] 12'],
    ['card', '4111111111111112 and 1234567890123', '4111111111111112 and 1234567890123'],
    ['iban', 'To DE89 3704 0044 0532 0130 00 today', 'To [IBAN] today'],
    ['iban', 'GB82WEST12345698765432,fr1420041010050500013m02606', '[IBAN],[IBAN]'],
    [
      'iban',
      'DE89370400440532013001 DE8937040044053201300',
      'DE89370400440532013001 DE8937040044053201300',
    ],
    ['api_key', 'Bearer sk-proj-abcDEF_123-4567890123.', 'Bearer [API_KEY].'],
    ['api_key', 'xai-0123456789abcdef0123 AKIAIOSFODNN7EXAMPLE', '[API_KEY] [API_KEY]'],
    ['api_key', `ao_0123456789abcdef_${'a'.repeat(43)}`, '[API_KEY]'],
    [
      'api_key',
      'task-sk-risk, desk-aaaaaaaaaaaaaaaaaaaa',
      'task-sk-risk, desk-aaaaaaaaaaaaaaaaaaaa',
    ],
    ['ip', 'from 192.168.0.1:80, host:10.0.0.1.', 'from [IP]:80, host:[IP].'],
    ['ip', '[2001:db8::1]:80 fe80::1: ::1 ::ffff:10.0.0.1', '[[IP]]:80 [IP]: [IP] [IP]'],
    ['ip', '1:2:3:4:5:6:7:8', '[IP]'],
    [
      'ip',
      '256.1.1.1 1.2.3 12:30:45 std::map a::b 00:1b:44:11:3a:b7',
      '256.1.1.1 1.2.3 12:30:45 std::map a::b 00:1b:44:11:3a:b7',
    ],
    ['phone', 'Call +49 (170) 123-4567 or 0049 170 1234567', 'Call [PHONE] or [PHONE]'],
    ['phone', '(555) 123-4567, 555-123-4567, 030 1234 5678', '[PHONE], [PHONE], [PHONE]'],
    ['phone', 'on 2026-11-23 at 10:00, 12345, v1.2.3', 'on 2026-11-23 at 10:00, 12345, v1.2.3'],
  ])('%s in %s', (name, text, expected) => {
    expect(redacted(name, text)).toBe(expected)
  })

  it.each(Object.keys(detectors) as DetectorName[])(
    '%s looks through 100 kB of what it is made of within 100 ms',
    (name) => {
      for (const part of [
        'a',
        '1',
        '4111 ',
        'DE89 ',
        'a@a.',
        '@',
        '+49 ',
        '0-',
        'sk-',
        ':',
        '1.',
        'a:',
        '555-',
      ]) {
        const text = part.repeat(100_000 / part.length)
        const before = process.threadCpuUsage().user
        redacted(name, text)
        expect((process.threadCpuUsage().user - before) / 1000).toBeLessThan(100)
      }
    },
  )
})
