// What this browser remembers between calls: chosen devices and habits, nothing of the call. Where storage is
// forbidden, nothing is remembered.

const PREFIX = "aikste.call.";

export function recall(key: string): string {
  try {
    return localStorage.getItem(PREFIX + key) ?? "";
  } catch {
    return "";
  }
}

export function remember(key: string, value: string): void {
  try {
    if (value) localStorage.setItem(PREFIX + key, value);
    else localStorage.removeItem(PREFIX + key);
  } catch {
    // A browser that keeps nothing.
  }
}
