/** A program: logs in headlessly at an address and hands the callback to whoever listens there. For `runProgram`. */
import { logIn } from '../../lib/oauth/index.ts'

const [address = '', username = '', password = ''] = process.argv.slice(2)
const redirectUri = new URL(address).searchParams.get('redirect_uri') ?? ''
const { callback } = await logIn(address, redirectUri, { username, password })
const response = await fetch(callback)
if (!response.ok) throw new Error(`the callback answered ${response.status}`)
