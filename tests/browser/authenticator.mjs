// An authenticator for passkeys, as Chromium pretends one; and the page that asks whoever holds an office for a key.

/** Gives this page a device with a lock that knows its user; answers how to let it know nobody. */
export async function withAuthenticator(visitor, context) {
  const devtools = await context.newCDPSession(visitor.page);
  await devtools.send('WebAuthn.enable');
  const { authenticatorId } = await devtools.send('WebAuthn.addVirtualAuthenticator', {
    options: { protocol: 'ctap2', transport: 'internal', hasResidentKey: true, hasUserVerification: true, isUserVerified: true },
  });
  return (isUserVerified) => devtools.send('WebAuthn.setUserVerified', { authenticatorId, isUserVerified });
}

/** Adds the first key by keyboard; the page with the recovery codes stands there then, and they are answered. */
export async function addsFirstKey(visitor) {
  await visitor.sees('#key-name');
  await visitor.page.focus('#key-name');
  await visitor.page.keyboard.type('Darbo telefonas');
  await visitor.page.keyboard.press('Enter');
  await visitor.sees('[data-view=codes]');
  return visitor.eval(() => [...document.querySelectorAll('.codes code')].map((one) => one.textContent));
}
