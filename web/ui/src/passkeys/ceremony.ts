// The browser's side of both ceremonies: asks the server for a challenge, the authenticator for an answer, and brings it back.

interface Asked {
  challenge: string;
  rp_id: string;
  user_id: string;
  user_name: string;
  algorithms: number[];
  credentials: string[];
  timeout_ms: number;
}

/** What the server refuses: a stable code, and its words. */
export class Refused extends Error {
  constructor(
    readonly code: string,
    words: string,
  ) {
    super(words);
  }
}

export function fromBase64Url(text: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), (sign) => sign.charCodeAt(0));
}

export function toBase64Url(bytes: ArrayBuffer): string {
  const text = String.fromCharCode(...new Uint8Array(bytes));
  return btoa(text).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}

/** Whether this browser knows passkeys at all, here. */
export function isAble(): boolean {
  return typeof PublicKeyCredential !== "undefined" && isSecureContext;
}

export async function call<T>(csrf: string, method: string, path: string, body?: unknown): Promise<T> {
  const headers: Record<string, string> = { "x-csrf-token": csrf };
  if (body !== undefined) headers["content-type"] = "application/json";
  const response = await fetch(path, { method, headers, body: body === undefined ? null : JSON.stringify(body) });
  if (!response.ok) {
    const problem = (await response.json().catch(() => ({}))) as { code?: string; title?: string };
    throw new Refused(problem.code ?? "internal_error", problem.title ?? "");
  }
  return (response.status === 204 ? undefined : await response.json()) as T;
}

const descriptors = (asked: Asked): PublicKeyCredentialDescriptor[] =>
  asked.credentials.map((id) => ({ type: "public-key", id: fromBase64Url(id) }));

/** Adds a passkey; the recovery codes that come with the first one. */
export async function register(csrf: string, name: string): Promise<string[]> {
  const asked = await call<Asked>(csrf, "POST", "/api/v1/passkeys/challenge", { purpose: "register" });
  const made = (await navigator.credentials.create({
    publicKey: {
      challenge: fromBase64Url(asked.challenge),
      rp: { id: asked.rp_id, name: "Aikštė" },
      user: { id: fromBase64Url(asked.user_id), name: asked.user_name, displayName: asked.user_name },
      pubKeyCredParams: asked.algorithms.map((alg) => ({ type: "public-key", alg })),
      excludeCredentials: descriptors(asked),
      authenticatorSelection: { residentKey: "preferred", userVerification: "required" },
      attestation: "none",
      timeout: asked.timeout_ms,
    },
  })) as PublicKeyCredential | null;
  if (!made) throw new DOMException("none", "NotAllowedError");
  const response = made.response as AuthenticatorAttestationResponse;
  const added = await call<{ recovery_codes: string[] }>(csrf, "POST", "/api/v1/passkeys", {
    name,
    client_data: toBase64Url(response.clientDataJSON),
    attestation: toBase64Url(response.attestationObject),
  });
  return added.recovery_codes;
}

/** Shows a passkey. */
export async function confirm(csrf: string): Promise<void> {
  const asked = await call<Asked>(csrf, "POST", "/api/v1/passkeys/challenge", { purpose: "confirm" });
  const shown = (await navigator.credentials.get({
    publicKey: {
      challenge: fromBase64Url(asked.challenge),
      rpId: asked.rp_id,
      allowCredentials: descriptors(asked),
      userVerification: "required",
      timeout: asked.timeout_ms,
    },
  })) as PublicKeyCredential | null;
  if (!shown) throw new DOMException("none", "NotAllowedError");
  const response = shown.response as AuthenticatorAssertionResponse;
  await call(csrf, "POST", "/api/v1/passkeys/confirmation", {
    credential_id: shown.id,
    client_data: toBase64Url(response.clientDataJSON),
    authenticator_data: toBase64Url(response.authenticatorData),
    signature: toBase64Url(response.signature),
    user_id: response.userHandle ? toBase64Url(response.userHandle) : null,
  });
}

/** Does what needs a passkey shown in the last minutes: shows one first, when the server says so. */
export async function confirmed<T>(csrf: string, act: () => Promise<T>): Promise<T> {
  try {
    return await act();
  } catch (error) {
    if (!(error instanceof Refused) || error.code !== "confirmation_required") throw error;
    await confirm(csrf);
    return act();
  }
}
