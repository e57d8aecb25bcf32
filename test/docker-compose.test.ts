import { existsSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { describe, expect, it } from 'vitest'
import { parseDocument } from 'yaml'
import { z } from 'zod'

const root = resolve(import.meta.dirname, '..')
const text = (path: string) => readFileSync(join(root, path), 'utf8')

const duration = z.string().regex(/^(\d+(us|ms|s|m|h))+$/)
const environment = z.record(z.string().regex(/^[A-Z][A-Z0-9_]*$/), z.string())

/** The part of the Compose specification that this file uses; anything else in it is a mistake. */
const compose = z.strictObject({
  services: z.record(
    z.string(),
    z.strictObject({
      image: z.string().optional(),
      build: z.strictObject({ context: z.string(), dockerfile: z.string() }).optional(),
      depends_on: z
        .record(
          z.string(),
          z.strictObject({ condition: z.enum(['service_started', 'service_healthy']) }),
        )
        .optional(),
      environment: environment.optional(),
      ports: z.array(z.string().regex(/^([\d.]+:)?\d+:\d+$/)).optional(),
      volumes: z.array(z.string().regex(/^[a-z]+:\/[\w/]+$/)).optional(),
      tmpfs: z.array(z.string().startsWith('/')).optional(),
      read_only: z.boolean().optional(),
      security_opt: z.array(z.string()).optional(),
      cap_drop: z.array(z.string()).optional(),
      stop_grace_period: duration.optional(),
      restart: z.enum(['no', 'always', 'on-failure', 'unless-stopped']).optional(),
      healthcheck: z
        .strictObject({
          test: z.array(z.string()),
          interval: duration,
          timeout: duration,
          retries: z.int(),
        })
        .optional(),
    }),
  ),
  volumes: z.record(z.string(), z.null()),
})

describe('docker-compose.yml', () => {
  const document = parseDocument(text('docker-compose.yml'), { strict: true, uniqueKeys: true })
  const file = compose.parse(document.toJS())
  const services = Object.entries(file.services)

  it('is YAML without errors or warnings', () => {
    expect([...document.errors, ...document.warnings]).toEqual([])
  })

  it('runs each service from an image or from a file that is there', () => {
    for (const [, { image, build }] of services) {
      expect(
        image !== undefined ||
          existsSync(join(root, build?.context ?? '', build?.dockerfile ?? '')),
      ).toBe(true)
    }
  })

  it('names only services and volumes that it declares', () => {
    for (const [, { depends_on = {}, volumes = [] }] of services) {
      for (const name of Object.keys(depends_on)) expect(file.services).toHaveProperty(name)
      for (const volume of volumes) expect(file.volumes).toHaveProperty(volume.split(':')[0] ?? '')
    }
  })

  it('runs the app on Postgres 18, with a read-only root and without privileges', () => {
    expect(file.services['postgres']?.image).toBe('postgres:18')
    expect(file.services['app']).toMatchObject({ read_only: true, cap_drop: ['ALL'] })
  })

  it('gives the app longer to stop than its drain takes', () => {
    expect(file.services['app']?.stop_grace_period).toBe('30s')
    expect(text('server/main.ts')).toContain('drainMs = 25_000')
  })
})

describe('server/Dockerfile', () => {
  const lines = text('server/Dockerfile').split('\n')
  const scripts = Object.values(
    JSON.parse(text('package.json')).scripts as Record<string, string>,
  ).join('\n')

  it('runs as an ordinary user, from the second stage on', () => {
    const stages = lines.flatMap((line, index) => (line.startsWith('FROM ') ? [index] : []))
    expect(stages).toHaveLength(2)
    expect(lines.slice(stages[1]).filter((line) => line.startsWith('USER '))).toEqual(['USER node'])
  })

  it('prepares and starts with the commands that the package scripts use', () => {
    const prepare = lines.find((line) => line.startsWith('RUN node '))?.slice('RUN '.length) ?? ''
    const start = JSON.parse(
      lines.find((line) => line.startsWith('CMD '))?.slice('CMD '.length) ?? '[]',
    ).join(' ')
    expect(scripts).toContain(prepare)
    expect(scripts).toContain(start)
    expect([prepare, start]).not.toContain('')
  })

  it('copies only what is there', () => {
    const copied = lines
      .filter((line) => line.startsWith('COPY ') && !line.includes('--from'))
      .flatMap((line) => line.split(' ').slice(1, -1))
    expect(copied.filter((path) => !existsSync(join(root, path)))).toEqual([])
  })
})
