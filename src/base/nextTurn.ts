/** Lets what waits run first: events, timers, messages. Browsers have no `setImmediate`, and slow their timers down. */
export function nextTurn(): Promise<void> {
  return new Promise((resolve) => {
    if (typeof setImmediate === "function") {
      setImmediate(resolve);
      return;
    }
    const { port1, port2 } = new MessageChannel();
    const turn = (): void => {
      port1.close();
      resolve();
    };
    port1.addEventListener("message", turn, { once: true });
    port1.start();
    port2.postMessage(undefined);
  });
}
