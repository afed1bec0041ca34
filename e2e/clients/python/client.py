"""Sends one of everything with the unchanged SDK; prints the ids as JSON. Arguments: DSN."""

import json
import sys

import sentry_sdk
from sentry_sdk.envelope import Envelope, Item, PayloadRef


def load_order(number):
    try:
        return {}[number]
    except KeyError as error:
        raise ValueError(f"no order {number}") from error


def main(dsn):
    sentry_sdk.init(dsn=dsn, release="python-shop@1.2.3", environment="e2e", send_default_pii=True, default_integrations=True)
    sent = {}
    sentry_sdk.set_user({"id": "42", "email": "anna@example.com", "username": "anna", "plan": "gold"})
    sentry_sdk.set_tag("tenant", "t-python")
    sentry_sdk.set_context("order", {"number": "88121", "items": 3})
    sentry_sdk.set_extra("cart", [1, 2, 3])
    sentry_sdk.add_breadcrumb(category="cart", message="added a book", level="info", data={"sku": "B-1"})
    with sentry_sdk.new_scope() as scope:
        scope.set_tag("inner", "only here")
        scope.fingerprint = ["python-chained"]
        try:
            load_order("88121")
        except ValueError as error:
            sent["chained"] = sentry_sdk.capture_exception(error)
    with sentry_sdk.new_scope() as scope:
        scope.add_attachment(bytes=b"line 1\nline 2\n\x00\xff", filename="order.bin", content_type="application/x-order")
        sent["attached"] = sentry_sdk.capture_message("with attachment", level="error")
    sent["message"] = sentry_sdk.capture_message("disk almost full", level="warning")
    report = {"event_id": sent["chained"], "name": "Anna", "email": "anna@example.com", "comments": "It broke at checkout."}
    envelope = Envelope(headers={"event_id": sent["chained"]})
    envelope.add_item(Item(payload=PayloadRef(json=report), type="user_report"))
    sentry_sdk.get_client().transport.capture_envelope(envelope)
    sentry_sdk.flush(10)
    print(json.dumps(sent))


main(sys.argv[1])
