// A security key (WebAuthn) answers a form: registered, or asked for at signing in. The page's options say which.
// Browsers have learnt to read and write these messages as JSON themselves only lately, so it is done here.

interface Options {
  publicKey: Record<string, unknown> & {
    challenge: string;
    user?: { id: string };
    excludeCredentials?: { id: string }[];
    allowCredentials?: { id: string }[];
  };
}

type Said = "waiting" | "missing" | "address" | "known" | "refused";

const form = document.querySelector<HTMLFormElement>("form#security-key");
const options = document.getElementById("security-key-options")?.textContent;
if (form && options) listen(form, JSON.parse(options) as Options);

function listen(form: HTMLFormElement, options: Options): void {
  const answer = form.elements.namedItem("credential") as HTMLInputElement;
  const button = form.querySelector("button") as HTMLButtonElement;

  function say(what: Said | null): void {
    for (const one of form.querySelectorAll<HTMLElement>("[data-when]")) one.hidden = one.dataset.when !== what;
  }

  if (!window.isSecureContext || !("PublicKeyCredential" in window)) {
    say("missing");
    return;
  }
  button.disabled = false;
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    button.disabled = true;
    say("waiting");
    ask(options).then(
      (credential) => {
        answer.value = JSON.stringify(credential);
        form.submit();
      },
      (refused: unknown) => {
        button.disabled = false;
        say(reason(refused));
      },
    );
  });
}

function reason(refused: unknown): Said {
  const name = refused instanceof DOMException ? refused.name : "";
  return name === "InvalidStateError" ? "known" : name === "SecurityError" ? "address" : "refused";
}

/** What the key says, as the server reads it (WebAuthn Level 3, RegistrationResponseJSON and its sibling). */
async function ask({ publicKey }: Options): Promise<unknown> {
  const asked = {
    ...publicKey,
    challenge: bytes(publicKey.challenge),
    ...(publicKey.user && { user: { ...publicKey.user, id: bytes(publicKey.user.id) } }),
    excludeCredentials: publicKey.excludeCredentials?.map((one) => ({ ...one, id: bytes(one.id) })) ?? [],
    allowCredentials: publicKey.allowCredentials?.map((one) => ({ ...one, id: bytes(one.id) })) ?? [],
  } as unknown;
  const made = publicKey.user
    ? await navigator.credentials.create({ publicKey: asked as PublicKeyCredentialCreationOptions })
    : await navigator.credentials.get({ publicKey: asked as PublicKeyCredentialRequestOptions });
  const key = made as PublicKeyCredential;
  const { response } = key;
  return {
    id: key.id,
    rawId: text(key.rawId),
    type: key.type,
    authenticatorAttachment: key.authenticatorAttachment,
    clientExtensionResults: key.getClientExtensionResults(),
    response:
      response instanceof AuthenticatorAttestationResponse
        ? {
            clientDataJSON: text(response.clientDataJSON),
            attestationObject: text(response.attestationObject),
            transports: response.getTransports?.() ?? [],
          }
        : assertion(response as AuthenticatorAssertionResponse),
  };
}

function assertion(response: AuthenticatorAssertionResponse): Record<string, string | null> {
  return {
    clientDataJSON: text(response.clientDataJSON),
    authenticatorData: text(response.authenticatorData),
    signature: text(response.signature),
    userHandle: response.userHandle && text(response.userHandle),
  };
}

/** base64url → bytes */
function bytes(said: string): Uint8Array {
  return Uint8Array.from(atob(said.replaceAll("-", "+").replaceAll("_", "/")), (one) => one.charCodeAt(0));
}

/** bytes → base64url */
function text(data: ArrayBuffer): string {
  const raw = String.fromCharCode(...new Uint8Array(data));
  return btoa(raw).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}
