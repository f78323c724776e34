"""Stripe's script and frames for a browser without a network: the same names and calls, over the stand-in of Stripe's API."""

import json
from urllib.parse import parse_qs, urlsplit

from playwright.sync_api import BrowserContext, Route

from tests.stripe_stand_in import StripeStandIn

ADDRESSES = ("https://js.stripe.com/", "https://hooks.stripe.com/")

# As Stripe's own script does it sits in the page, and keeps card and question in frames of other origins.
_SCRIPT = """
window.Stripe = (key, options) => {
  if (!key.startsWith("pk_test_")) throw new Error("no publishable key");
  const framed = (address, title, place) => {
    const frame = document.createElement("iframe");
    frame.src = address;
    frame.title = title;
    place.append(frame);
    return frame;
  };
  const said = frame => new Promise(done => addEventListener("message", function hear(event) {
    if (event.source !== frame.contentWindow) return;
    removeEventListener("message", hear);
    done(event.data);
  }));
  const asked = (frame, question) => {
    const answer = said(frame);
    frame.contentWindow.postMessage(question, "*");
    return answer;
  };
  return {
    elements: given => {
      if (given.mode !== "payment" || given.captureMethod !== "manual" || !given.amount) throw new Error("elements");
      const heard = {};
      let frame;
      return {
        create: () => ({
          on: (event, act) => { heard[event] = act },
          mount: place => {
            frame = framed("https://js.stripe.com/frame.html?locale=" + options.locale, "Card", place);
            frame.onload = () => heard.ready();
          },
        }),
        submit: () => asked(frame, "check"),
        method: () => asked(frame, "method"),
      };
    },
    createPaymentMethod: ({elements}) => elements.method(),
    handleNextAction: async ({clientSecret}) => {
      const frame = framed("https://hooks.stripe.com/ask?secret=" + clientSecret, "Bank", document.body);
      const answer = await said(frame);
      frame.remove();
      return answer;
    },
  };
};
"""
_CARD = """<!doctype html><html lang="en"><title>Card</title><label>Card number <input></label><script>
addEventListener("message", async event => {
  const number = document.querySelector("input").value;
  const tell = answer => event.source.postMessage(answer, "*");
  if (event.data === "check") return tell(number ? {} : {error: {message: "Your card number is incomplete."}});
  tell(await (await fetch("/methods", {method: "POST", body: number})).json());
});
</script></html>"""
# Stripe's script refuses to ask again what is answered.
_ANSWERED = "<!doctype html><title>Bank</title><script>parent.postMessage({error: {}}, '*')</script>"
_BANK = """<!doctype html><html lang="en"><title>Bank</title><button>Approve</button><button>Refuse</button><script>
for (const button of document.querySelectorAll("button")) button.onclick = async () => {
  await fetch("/answer" + location.search, {method: "POST", body: button.textContent});
  parent.postMessage({}, "*");
};
</script></html>"""


def lend(context: BrowserContext, stripe: StripeStandIn) -> None:
    """Answer a phone in the place of Stripe's servers."""

    def answer(route: Route) -> None:
        address = urlsplit(route.request.url)
        sent = route.request.post_data or ""
        match address.path:
            case "/endive/stripe.js":
                route.fulfill(content_type="text/javascript", body=_SCRIPT)
            case "/frame.html":
                route.fulfill(content_type="text/html", body=_CARD)
            case "/ask":
                asks = stripe.intent(_intent_of(address.query))["status"] == "requires_action"
                route.fulfill(content_type="text/html", body=_BANK if asks else _ANSWERED)
            case "/methods":
                method = {"paymentMethod": {"id": stripe.card(sent)}}
                route.fulfill(content_type="application/json", body=json.dumps(method))
            case "/answer":
                stripe.authenticate(_intent_of(address.query), success=sent == "Approve")
                route.fulfill(body="")
            case _:
                route.abort()

    for begin in ADDRESSES:
        context.route(f"{begin}**", answer)


def _intent_of(query: str) -> str:
    return parse_qs(query)["secret"][0].partition("_secret_")[0]
