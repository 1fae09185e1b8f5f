"""Publishes each version, reads it back, and says what a batch and a refusal come to."""
import os
from tubepost_api_client import AuthenticatedClient
from tubepost_api_client.api.events import get_event, publish_event, publish_events
from tubepost_api_client.models import EventToPublish, PublishEventsBody

account, record = os.environ["ACCOUNT"], os.environ["RECORD"]
client = AuthenticatedClient(base_url=os.environ["TUBEPOST"], token=os.environ["TUBEPOST_KEY"])
for version in os.environ["VERSIONS"].split(","):
    sent = EventToPublish(type_="order.paid", record=record, version=int(version), data={"a": 1})
    made = publish_event.sync(account, client=client, body=sent)
    print("version", get_event.sync(account, made.id, client=client, record=record).version)
good = EventToPublish(type_="order.paid", data=[1])
bad = EventToPublish(type_="order.strict", data=[1])
batch = publish_events.sync(account, client=client, body=PublishEventsBody(events=[good, bad]))
for result in batch.results:
    print("outcome", result.outcome)
print("code", get_event.sync(account, "nowhere", client=client).code)
