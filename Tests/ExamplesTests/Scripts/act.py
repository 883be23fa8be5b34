"""Uses pages in headless Chromium as a person does: by keys and clicks.

Usage: act.py STEP..., in order:
  open=URL            loads a page, in a tab of its own if "tab" comes before
  tab=N               goes on in tab N, 0 being the first; makes it when there is none
  script=off          for what this tab loads from now on
  press=KEY           Tab, Enter or Space, to whatever has the focus
  type=TEXT           into whatever has the focus
  click=SELECTOR      the middle of the first that matches, scrolled into the window
  choose=SELECTOR=FILE  in a file input
  see=TEXT            waits until the page shows it
  hide=TEXT           waits until the page no longer shows it
  read=EXPRESSION     prints its value
  shot=WIDTH,SCHEME,FILE  takes a picture: scheme light or dark
Prints "complaints: none", or what the browser complained of in any tab. A step that fails is an error.
"""

import base64
import json
import pathlib
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).parents[2] / "MartletCLITests" / "Scripts"))
sys.dont_write_bytecode = True
from browse import PATIENCE, Page, WebSocket, chromium

KEYS = {"Tab": (9, ""), "Enter": (13, "\r"), "Space": (32, " ")}


def press(page, key):
    code, text = KEYS[key]
    event = {"key": " " if key == "Space" else key, "code": key, "windowsVirtualKeyCode": code}
    page.call("Input.dispatchKeyEvent", type="keyDown", text=text, **event)
    page.call("Input.dispatchKeyEvent", type="keyUp", **event)


def click(page, selector):
    page.evaluate(f"document.querySelector({json.dumps(selector)}).scrollIntoView({{block: 'nearest'}})")
    box = page.evaluate(f"""(() => {{
        const box = document.querySelector({json.dumps(selector)}).getBoundingClientRect();
        return [box.x + box.width / 2, box.y + box.height / 2, innerWidth, innerHeight];
    }})()""")
    x, y, width, height = box
    if not (0 < x < width and 0 < y < height):
        raise RuntimeError(f"{selector} is out of the window: {box}")
    for kind in ("mousePressed", "mouseReleased"):
        page.call("Input.dispatchMouseEvent", type=kind, x=x, y=y, button="left", clickCount=1)


def choose(page, selector, path):
    found = page.call("Runtime.evaluate", expression=f"document.querySelector({json.dumps(selector)})")
    page.call("DOM.setFileInputFiles", files=[path], objectId=found["result"]["objectId"])


def wait(page, text, shown):
    deadline = time.monotonic() + PATIENCE
    words = ""
    while time.monotonic() < deadline:
        try:
            words = page.evaluate("document.body.innerText") or ""
        except RuntimeError:
            words = None  # Between two pages.
        if words is not None and (text in words) == shown:
            return
        time.sleep(0.02)
    raise RuntimeError(f"{'not ' if shown else ''}shown after {PATIENCE} s: {text!r} in {words!r}")


def shot(page, width, scheme, path):
    width = int(width)
    page.call("Emulation.setDeviceMetricsOverride", width=width, height=844 if width < 500 else 480 if width < 800 else 800,
              deviceScaleFactor=1, mobile=width < 500)
    page.call("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": scheme}])
    page.draw()
    data = page.call("Page.captureScreenshot", format="png")["data"]
    pathlib.Path(path).write_bytes(base64.b64decode(data))
    if page.evaluate("document.documentElement.scrollWidth > innerWidth"):
        raise RuntimeError(f"wider than the window of {width}")


def main():
    with chromium() as devtools:
        complaints = []
        tabs = [Page(WebSocket(devtools))]
        page = tabs[0]
        for step in sys.argv[1:]:
            verb, _, rest = step.partition("=")
            match verb:
                case "tab":
                    if int(rest) == len(tabs):
                        tabs.append(Page(WebSocket(devtools)))
                    page = tabs[int(rest)]
                    page.call("Page.bringToFront")
                case "open":
                    complaints += page.complaints()
                    page.load(rest)
                case "script":
                    page.runs_scripts = False
                    page.call("Emulation.setScriptExecutionDisabled", value=True)
                case "press": press(page, rest)
                case "type": page.call("Input.insertText", text=rest)
                case "click": click(page, rest)
                case "choose": choose(page, *rest.split("=", 1))
                case "see": wait(page, rest, True)
                case "hide": wait(page, rest, False)
                case "read": print(page.evaluate(rest))
                case "shot": shot(page, *rest.split(",", 2))
                case _: sys.exit(f"There is no step {verb!r}.")
        complaints += [complaint for tab in tabs for complaint in tab.complaints()]
        print(f"complaints: {'; '.join(complaints) or 'none'}")


main()
