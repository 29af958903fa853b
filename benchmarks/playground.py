"""Print how fast the playground of the built book is in Chromium: `python -m benchmarks.playground [ROUNDS]`.

From the click on Edit to the first answer, on a first visit and on the next; from a keystroke to the new table, for
100 pods and 20 policies. The network is this machine, names of others do not resolve.
"""

from __future__ import annotations

import shutil
import sys

from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from tests.book.site import SITE, served
from tests.browser.conftest import BROWSERS, FLAGS

PODS, POLICIES, KEYS = 100, 20, 30
POD = """---
apiVersion: v1
kind: Pod
metadata: {{name: p{0}, namespace: n{1}, labels: {{app: a{2}, tier: t{3}}}}}
spec: {{containers: [{{name: c, image: i, ports: [{{name: http, containerPort: 8080}}]}}]}}
status: {{podIP: 10.244.{1}.{0}}}
"""
POLICY = """---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {{name: p{0}, namespace: n{1}}}
spec:
  podSelector: {{matchLabels: {{app: a{0}}}}}
  policyTypes: [Ingress, Egress]
  ingress:
  - from:
    - namespaceSelector: {{}}
      podSelector: {{matchExpressions: [{{key: tier, operator: In, values: [t1, t{2}]}}]}}
    ports: [{{port: 8080}}]
  egress:
  - to: [{{podSelector: {{}}}}, {{ipBlock: {{cidr: 10.244.{2}.0/24}}}}]
"""
FIRST = """apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: first, namespace: n1}
spec:
  ingress: [{from: [{podSelector: {matchLabels: {tier: t2}}}]}]
  podSelector:
    matchLabels:
      app: a"""
# Milliseconds from a change of the text to the table that shows it, laid out: of a whole text, and of one key at the end
# of the first policy.
SHOWN = """const tool = document.querySelector("walk-policy"), before = performance.now();
    const shown = new Promise((done) => { const {found} = tool; tool.found = (...all) => { found.apply(tool, all);
      delete tool.found; tool.querySelector("table").getBoundingClientRect(); done(performance.now() - before); }; });"""
ANSWER = f"""async (text) => {{ {SHOWN} tool.own(); tool.paper.write(text);
    tool.fields.set({{source: "n1/p1", destination: "n1/p21", protocol: "TCP", port: 8080}}); tool.ask(); return await shown; }}"""
BACK = f"""async () => {{ {SHOWN} document.execCommand("delete"); return await shown; }}"""
KEY = f"""async (key) => {{ {SHOWN} document.execCommand("insertText", false, key); return await shown; }}"""


def many() -> str:
    """Return 100 pods of 5 namespaces and 20 policies, the first of which is the one that is edited."""
    pods = [POD.format(number, number % 5, number % 23, number % 4) for number in range(PODS)]
    policies = [POLICY.format(number, number % 5, number % 4) for number in range(1, POLICIES)]
    return FIRST + "\n" + "".join(policies) + "".join(pods)


def visit(context: BrowserContext, address: str) -> tuple[Page, float]:
    """Open the page in a context, begin to edit; return it and the milliseconds to the first answer."""
    page = context.new_page()
    page.goto(f"{address}/book/calico/playground.html")
    page.wait_for_timeout(500)
    text = page.evaluate("document.querySelector('walk-policy').paper.text") + "\n"
    page.evaluate("document.querySelector('walk-policy').edit()")
    return page, page.evaluate(ANSWER, text)


def measured(browser: Browser, address: str) -> tuple[float, float, list[float]]:
    """Return the milliseconds of a first visit, of the next, and of each keystroke."""
    context = browser.new_context()
    page, first = visit(context, address)
    page.wait_for_timeout(5000)  # what the next visit starts from is fetched when nothing else is to be done
    page.close()
    page, second = visit(context, address)
    text = many()
    page.evaluate(ANSWER, text)
    page.evaluate("line => document.querySelector('walk-policy').paper.go(line)", FIRST.count("\n") + 1)
    page.keyboard.press("End")
    keys = []
    for key in range(KEYS):
        keys.append(page.evaluate(KEY, str(key % 3)) if key % 2 == 0 else page.evaluate(BACK))
    context.close()
    return first, second, sorted(keys)


def main() -> None:
    """Measure and print, round by round."""
    chromium = next(filter(None, map(shutil.which, BROWSERS)))
    with served(SITE) as address, sync_playwright() as playwright:
        for _ in range(int(sys.argv[1]) if len(sys.argv) > 1 else 3):
            browser = playwright.chromium.launch(executable_path=chromium, args=FLAGS)
            first, second, keys = measured(browser, address)
            browser.close()
            print(
                f"first visit {first:,.0f} ms, next {second:,.0f} ms; "
                f"keystroke median {keys[len(keys) // 2]:.0f} ms, worst {keys[-1]:.0f} ms"
            )


if __name__ == "__main__":
    main()
