// A public terminal. While it shows a code: asks how the sign-in stands, for as long as the code is valid. In a session: asks
// "Are you still there?" when nobody touches it, and ends by itself. The server ends it in any case; this clears the screen.

const ASK_MS = 2_000;
/** A code is valid for five minutes, and what was confirmed for one: nobody is asked longer than that. */
const MOST_ASKED = 190;
/** Use is told no more often. */
const TELL_MS = 5_000;

function waits(): void {
  const take = document.querySelector<HTMLFormElement>("form[data-phone-take]");
  let asked = 0;
  const timer = setInterval(() => {
    asked += 1;
    if (asked > MOST_ASKED) {
      clearInterval(timer);
      location.reload();
      return;
    }
    void fetch("/api/v1/phone-sign-in", { cache: "no-store" })
      .then((answer) => (answer.ok ? (answer.json() as Promise<{ state: string | null }>) : null))
      .then((told) => {
        if (told === null || told.state === "waiting") return;
        clearInterval(timer);
        if (told.state === "confirmed" && take) take.submit();
        else location.reload();
      })
      // The network is away for a moment: the next one asks again.
      .catch(() => undefined);
  }, ASK_MS);
}

function seconds(bar: HTMLElement, name: string): number {
  return Number(bar.dataset[name] ?? "60");
}

function guards(bar: HTMLElement): void {
  const form = document.querySelector<HTMLFormElement>("form[data-terminal-end]");
  const dialog = document.querySelector<HTMLDialogElement>("dialog[data-terminal-ask]");
  const left = dialog?.querySelector<HTMLElement>("[data-terminal-left]");
  const [ask_s, idle_s] = [seconds(bar, "ask"), seconds(bar, "idle")];
  const csrf = form?.querySelector<HTMLInputElement>("input[name=csrf]")?.value ?? "";
  // What the server was told last: drawing this page was a use.
  let used = Date.now();
  let over = false;

  const end = (): void => {
    if (over) return;
    over = true;
    // Nothing of this person stays on the screen while the next page comes.
    document.body.hidden = true;
    form?.submit();
  };
  const tell = (): void => {
    used = Date.now();
    void fetch("/api/v1/phone-sign-in/activity", { method: "POST", headers: { "x-csrf-token": csrf } })
      .then((answer) => {
        if (!answer.ok) end();
      })
      .catch(() => undefined);
  };
  const touched = (): void => {
    if (!dialog?.open && Date.now() - used >= TELL_MS) tell();
  };
  for (const kind of ["pointerdown", "keydown", "wheel", "touchmove"]) {
    document.addEventListener(kind, touched, { passive: true, capture: true });
  }
  dialog?.querySelector("[data-terminal-stay]")?.addEventListener("click", () => {
    dialog.close();
    tell();
  });
  // Escape closes the dialog: somebody is there.
  dialog?.addEventListener("cancel", tell);
  setInterval(() => {
    const idle = (Date.now() - used) / 1000;
    if (idle >= idle_s) end();
    else if (idle >= ask_s && dialog) {
      if (left) left.textContent = String(Math.ceil(idle_s - idle));
      if (!dialog.open) dialog.showModal();
    }
  }, 500);
  // A page that comes back from the browser's memory may be of a session that is over.
  addEventListener("pageshow", (event) => {
    if (event.persisted) location.reload();
  });
}

const bar = document.querySelector<HTMLElement>("[data-terminal]");
if (bar) guards(bar);
else if (document.querySelector("[data-phone-wait]")) waits();
