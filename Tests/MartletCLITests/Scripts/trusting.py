"""Loads pages in headless Chromium, which trusts what HOME's NSS database says, and tells how safe it finds each.

Usage: trusting.py URL...; prints a line for each: the page's title, Chromium's verdict, and its complaints.
"""

import sys

import browse


def main():
    with browse.chromium() as devtools:
        page = browse.Page(browse.WebSocket(devtools))
        page.call("Security.enable")
        for url in sys.argv[1:]:
            page.load(url)
            title = page.evaluate("document.title")
            verdicts = [event["params"]["visibleSecurityState"]["securityState"] for event in page.events
                        if event.get("method") == "Security.visibleSecurityStateChanged"]
            complaints = page.complaints()
            print(f"{title!r}, {verdicts[-1] if verdicts else 'unknown'}, {'; '.join(complaints) or 'no complaints'}")


if __name__ == "__main__":
    main()
