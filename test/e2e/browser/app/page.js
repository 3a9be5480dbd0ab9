/** A single-page app as the SDK's own readme has it. `CONFIGURATION` is put in by the server. */
import { createAuth0Client } from '@auth0/auth0-spa-js'

const show = (id, text) => {
  document.getElementById(id).textContent = text
}

async function start() {
  const client = await createAuth0Client(globalThis.CONFIGURATION)
  globalThis.client = client
  const on = (id, act) => document.getElementById(id).addEventListener('click', () => attempt(act))
  on('login', () => client.loginWithRedirect({ appState: { from: 'here' } }))
  on('popup', () => client.loginWithPopup().then(showUser))
  on('silent', () => client.getTokenSilently({ cacheMode: 'off' }).then(showUser))
  on('logout', () => client.logout({ logoutParams: { returnTo: location.origin } }))

  const showUser = async () => {
    const user = await client.getUser()
    show('user', user === undefined ? 'nobody' : JSON.stringify(user))
  }
  await attempt(async () => {
    if (/[?&](?:code|error)=/.test(location.search)) {
      const query = location.search
      history.replaceState({}, '', '/')
      const { appState } = await client.handleRedirectCallback(location.origin + query)
      show('state', JSON.stringify(appState))
    }
    await showUser()
  })
  document.body.dataset.ready = 'yes'
}

/** Shows an error as the SDK words it: an app can do no more. */
async function attempt(act) {
  show('error', '')
  try {
    await act()
  } catch (error) {
    show('error', `${error.error}: ${error.error_description ?? error.message}`)
  }
}

start()
