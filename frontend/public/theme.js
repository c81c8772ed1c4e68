// Puts the remembered theme on the root before anything is painted. A classic script in the head on purpose: a
// module would run after the first paint and flash the wrong theme.
(() => {
  try {
    const theme = localStorage.getItem("hilo.theme");
    if (theme === "light" || theme === "dark") document.documentElement.dataset.theme = theme;
  } catch {
    // Storage can be forbidden; then the system's preference decides.
  }
})();
