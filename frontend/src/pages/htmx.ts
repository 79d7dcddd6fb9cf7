// htmx for the workbench, without what a strict Content-Security-Policy forbids.
import htmx from "htmx.org";

htmx.config.allowEval = false;
htmx.config.includeIndicatorStyles = false;
htmx.config.selfRequestsOnly = true;
htmx.config.historyCacheSize = 0; // pages with people's data stay out of localStorage
document.addEventListener("htmx:configRequest", (event) => {
  const { detail } = event as CustomEvent<{ headers: Record<string, string> }>;
  const token = document.querySelector<HTMLInputElement>("input[name=csrfmiddlewaretoken]")?.value;
  if (token) detail.headers["X-CSRFToken"] = token;
});
