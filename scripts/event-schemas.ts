/**
 * Writes the schema of each trigger's event into schemas/, from the trigger's own description (lib/triggers). A test
 * fails when a file is not what this writes.
 */
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { eventSchema } from '../lib/triggers/event-schema.ts'
import { TRIGGERS } from '../lib/triggers/index.ts'

for (const trigger of TRIGGERS) {
  const file = join(fileURLToPath(import.meta.url), `../../schemas/${trigger.id}-event.schema.json`)
  await writeFile(file, `${JSON.stringify(eventSchema(trigger), null, 2)}\n`)
}
