// A page that was open while Hilo was updated asks for parts that are gone. It is loaded again, once.

const KEY = "hilo.reloaded";

export function watchForNewBuild(): void {
  window.addEventListener("vite:preloadError", (event) => {
    const last = Number(sessionStorage.getItem(KEY) ?? 0);
    if (Date.now() - last < 10_000) return; // that did not help: let the page say so
    event.preventDefault();
    sessionStorage.setItem(KEY, String(Date.now()));
    location.reload();
  });
}
