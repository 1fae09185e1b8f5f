// Publishes each version, reads it back, and says what a batch and a refusal come to.
package main

import (
	"context"
	"fmt"
	"os"
	"strconv"
	"strings"

	tp "generated/tp"
)

func check(err error) {
	if err != nil {
		panic(err)
	}
}

func main() {
	account, record := os.Getenv("ACCOUNT"), os.Getenv("RECORD")
	settings := tp.NewConfiguration()
	settings.Servers = tp.ServerConfigurations{{URL: os.Getenv("TUBEPOST")}}
	ctx := context.WithValue(context.Background(), tp.ContextAccessToken, os.Getenv("TUBEPOST_KEY"))
	events := tp.NewAPIClient(settings).EventsAPI
	for _, text := range strings.Split(os.Getenv("VERSIONS"), ",") {
		version, err := strconv.ParseInt(text, 10, 64)
		check(err)
		sent := tp.NewEventToPublish("order.paid")
		sent.SetRecord(record)
		sent.SetVersion(version)
		sent.SetData(map[string]any{"a": 1})
		made, _, err := events.PublishEvent(ctx, account).EventToPublish(*sent).Execute()
		check(err)
		read, _, err := events.GetEvent(ctx, account, made.Id).Record(record).Execute()
		check(err)
		fmt.Println("version", *read.Version.Get())
	}
	good, bad := tp.NewEventToPublish("order.paid"), tp.NewEventToPublish("order.strict")
	good.SetData([]any{1})
	bad.SetData([]any{1})
	batch, _, err := events.PublishEvents(ctx, account).
		PublishEventsRequest(*tp.NewPublishEventsRequest([]tp.EventToPublish{*good, *bad})).Execute()
	check(err)
	for _, result := range batch.Results {
		if result.AcceptedResult != nil {
			fmt.Println("outcome", result.AcceptedResult.Outcome)
		} else {
			fmt.Println("outcome", result.RefusedEvent.Outcome)
		}
	}
	_, _, err = events.GetEvent(ctx, account, "nowhere").Execute()
	fmt.Println("code", err.(*tp.GenericOpenAPIError).Model().(tp.Problem).Code)
}
