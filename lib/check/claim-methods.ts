import { methodsWith, TRIGGERS } from '../triggers/index.ts'

const paths = TRIGGERS.flatMap((trigger) => methodsWith(trigger, ({ claim }) => claim !== undefined)).map(
  (path) => path.split('.'),
)

/** Areas of an api that write claims, such as `idToken`. */
export const CLAIM_AREAS: ReadonlySet<string> = new Set(paths.map(([area]) => area!))
/** Names of the methods that do. */
export const CLAIM_METHODS: ReadonlySet<string> = new Set(paths.map(([, name]) => name!))
