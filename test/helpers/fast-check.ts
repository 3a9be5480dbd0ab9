import process from 'node:process'
import fc from 'fast-check'

// Of vitest.config.ts, which prints it: what fails can be run again.
fc.configureGlobal({ seed: Number(process.env['SEED']) })

export default fc
