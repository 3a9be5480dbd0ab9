import { readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { installedLicences, LICENCES_PAGE, licencesPage } from '../../scripts/licences.ts'

/** Licences that ask for no more than to be named. */
const PERMISSIVE =
  /^(?:0BSD|Apache-2\.0|BSD-2-Clause|BSD-3-Clause|BlueOak-1\.0\.0|CC0-1\.0|ISC|MIT|MIT-0|Python-2\.0|Unlicense|WTFPL)$/

it('lists the licence of every package that is installed, and is what is committed', () => {
  expect(readFileSync(LICENCES_PAGE, 'utf8'), 'run: npm run licences').toBe(licencesPage())
})

it('brings nothing whose licence asks more than to be named', () => {
  const others = installedLicences().filter(
    ({ licence }) => !licence.split(/ OR /).some((one) => PERMISSIVE.test(one)),
  )
  expect(others).toEqual([])
})
