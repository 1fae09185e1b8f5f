// Publishes each version, reads it back, and says what a batch and a refusal come to.
package main

import (
	"context"
	"fmt"
	"net/http"
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
	ctx, account, record := context.Background(), os.Getenv("ACCOUNT"), os.Getenv("RECORD")
	withKey := func(_ context.Context, request *http.Request) error {
		request.Header.Set("Authorization", "Bearer "+os.Getenv("TUBEPOST_KEY"))
		return nil
	}
	client, err := tp.NewClientWithResponses(os.Getenv("TUBEPOST"), tp.WithRequestEditorFn(withKey))
	check(err)
	for _, text := range strings.Split(os.Getenv("VERSIONS"), ",") {
		version, err := strconv.ParseInt(text, 10, 64)
		check(err)
		sent := tp.EventToPublish{Type: "order.paid", Record: &record, Version: &version, Data: map[string]any{"a": 1}}
		made, err := client.PublishEventWithResponse(ctx, account, nil, sent)
		check(err)
		read, err := client.GetEventWithResponse(ctx, account, made.JSON202.Id, &tp.GetEventParams{Record: &record})
		check(err)
		fmt.Println("version", *read.JSON200.Version)
	}
	two := []tp.EventToPublish{{Type: "order.paid", Data: []any{1}}, {Type: "order.strict", Data: []any{1}}}
	batch, err := client.PublishEventsWithResponse(ctx, account, nil, tp.PublishEventsJSONRequestBody{Events: two})
	check(err)
	for _, result := range batch.JSON200.Results {
		value, err := result.ValueByDiscriminator()
		check(err)
		switch one := value.(type) {
		case tp.AcceptedResult:
			fmt.Println("outcome", one.Outcome)
		case tp.RefusedEvent:
			fmt.Println("outcome", one.Outcome)
		}
	}
	nowhere, err := client.GetEventWithResponse(ctx, account, "nowhere", nil)
	check(err)
	fmt.Println("code", nowhere.ApplicationproblemJSONDefault.Code)
}
