/** Reading the service's resources; 401 has an error of its own, because the page answers it. */
export class SignedOut extends Error {}

/** One resource; null where the service says 404. */
export async function read<T>(path: string): Promise<T | null> {
  const response = await fetch(path, { headers: { Accept: "application/json" }, signal: AbortSignal.timeout(20_000) });
  if (response.status === 401) throw new SignedOut("not signed in");
  if (response.status === 404) return null;
  if (!response.ok) throw new Error(await said(response));
  return (await response.json()) as T;
}

/** A resource that is no JSON. */
export async function readBytes(path: string): Promise<ArrayBuffer> {
  const response = await fetch(path, { signal: AbortSignal.timeout(20_000) });
  if (response.status === 401) throw new SignedOut("not signed in");
  if (!response.ok) throw new Error(await said(response));
  return response.arrayBuffer();
}

/** Sends a decision; an error says what the service has against it. */
export async function send(path: string, body: unknown): Promise<void> {
  const headers = { Accept: "application/json", "Content-Type": "application/json", "Idempotency-Key": crypto.randomUUID() };
  const response = await fetch(path, { method: "POST", headers, body: JSON.stringify(body), signal: AbortSignal.timeout(20_000) });
  if (response.status === 401) throw new SignedOut("not signed in");
  if (!response.ok) throw new Error(await said(response));
}

/** What the service says is wrong, from its problem document (RFC 9457) where it has one. */
async function said(response: Response): Promise<string> {
  try {
    const problem = (await response.json()) as { title?: string; detail?: string };
    return problem.detail ?? problem.title ?? `HTTP ${response.status}`;
  } catch {
    return `HTTP ${response.status}`;
  }
}

type Part<Name extends string, T> = Record<Name, T[]> & { next?: string | null };

/** The items a list holds under `name`, page after page, up to `pages` of them. */
export async function readAll<T, Name extends string = string>(path: string, name: Name, pages = 40): Promise<T[]> {
  const items: T[] = [];
  let cursor: string | null | undefined = null;
  for (let page = 0; page < pages; page++) {
    const next: string = cursor ? `${path}${path.includes("?") ? "&" : "?"}cursor=${encodeURIComponent(cursor)}` : path;
    const got: Part<Name, T> | null = await read<Part<Name, T>>(next);
    items.push(...(got?.[name] ?? []));
    cursor = got?.next;
    if (!cursor) break;
  }
  return items;
}
