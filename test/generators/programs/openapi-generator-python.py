"""Publishes each version, reads it back, and says what a batch and a refusal come to."""
import os
import openapi_client as tp

account, record = os.environ["ACCOUNT"], os.environ["RECORD"]
settings = tp.Configuration(host=os.environ["TUBEPOST"], access_token=os.environ["TUBEPOST_KEY"])
with tp.ApiClient(settings) as client:
    events = tp.EventsApi(client)
    for version in os.environ["VERSIONS"].split(","):
        sent = tp.EventToPublish(type="order.paid", record=record, version=int(version), data={"a": 1})
        made = events.publish_event(account, sent)
        print("version", events.get_event(account, made.id, record=record).version)
    good = tp.EventToPublish(type="order.paid", data=[1])
    bad = tp.EventToPublish(type="order.strict", data=[1])
    batch = events.publish_events(account, tp.PublishEventsRequest(events=[good, bad]))
    for result in batch.results:
        print("outcome", result.actual_instance.outcome)
    try:
        events.get_event(account, "nowhere")
    except tp.ApiException as refused:
        print("code", refused.data.code)
