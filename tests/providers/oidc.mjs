// A real OpenID provider (npm's `oidc-provider`) with one client and its own pages for development: whoever signs in there is
// who they say. `node oidc.mjs --port 8092 --back http://127.0.0.1:8080` serves until it is ended.
import { parseArgs } from 'node:util';
import Provider from 'oidc-provider';

const { values: options } = parseArgs({ options: { port: { type: 'string' }, back: { type: 'string' } } });
const issuer = `http://127.0.0.1:${options.port}`;
const NAMES = { ruta: ['Rūta', 'Kazlauskaitė', '33309240064'], jonas: ['Jonas', 'Petrauskas', '47604084093'] };
const provider = new Provider(issuer, {
  clients: [
    {
      client_id: 'aikste',
      token_endpoint_auth_method: 'none',
      redirect_uris: [`${options.back}/prisijungti/oidc/grizti`],
      post_logout_redirect_uris: [`${options.back}/prisijungti`],
    },
  ],
  claims: { openid: ['sub'], profile: ['given_name', 'family_name', 'personal_code'] },
  findAccount: (_, id) => {
    const [given_name, family_name, personal_code] = NAMES[id] ?? [id, 'Nepažįstamas', ''];
    return { accountId: id, claims: () => ({ sub: id, given_name, family_name, personal_code }) };
  },
  pkce: { required: () => true },
  features: { devInteractions: { enabled: true }, rpInitiatedLogout: { enabled: true } },
});
// What it says about itself being made for development goes to stderr, and nobody needs it.
provider.listen(Number(options.port), '127.0.0.1', () => console.log(JSON.stringify({ event: 'ready', url: issuer })));
