import { envInOnePlace } from './env-in-one-place.ts'
import { noReExport } from './no-re-export.ts'
import { noUnsafeSql } from './no-unsafe-sql.ts'
import { pureDomain } from './pure-domain.ts'
import type { Rule } from './rule.ts'
import { whoImportsWhom } from './who-imports-whom.ts'

const rules: Record<string, Rule> = {
  'who-imports-whom': whoImportsWhom,
  'pure-domain': pureDomain,
  'env-in-one-place': envInOnePlace,
  'no-unsafe-sql': noUnsafeSql,
  'no-re-export': noReExport,
}

/** The house's own lint rules, loaded by .oxlintrc.json as `house/...`. */
export default { meta: { name: 'house' }, rules }
