import { builder } from '../builder.ts'
import type { ServerInfo as Info } from '../sources.ts'

const ServerInfo = builder.objectRef<Info>('ServerInfo').implement({
  fields: (t) => ({
    version: t.exposeString('version'),
    nodeVersion: t.exposeString('nodeVersion'),
    startedAt: t.expose('startedAt', { type: 'DateTime' }),
    configVersion: t.exposeInt('configVersion'),
    embeddedDatabase: t.exposeBoolean('embeddedDatabase'),
    simulated: t.exposeBoolean('simulated'),
  }),
})

builder.queryField('server', (t) =>
  t.field({ type: ServerInfo, resolve: (_root, _args, { services }) => services.serverInfo() }),
)
