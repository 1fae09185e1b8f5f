// Publishes each version, reads it back, and says what a batch and a refusal come to.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"

	tp "generated/tp"
	"github.com/go-faster/jx"
)

type withKey struct{}

func (withKey) Bearer(context.Context, tp.OperationName) (tp.Bearer, error) {
	return tp.Bearer{Token: os.Getenv("TUBEPOST_KEY")}, nil
}

func check(err error) {
	if err != nil {
		panic(err)
	}
}

func main() {
	ctx, account, record := context.Background(), os.Getenv("ACCOUNT"), os.Getenv("RECORD")
	client, err := tp.NewClient(os.Getenv("TUBEPOST"), withKey{})
	check(err)
	for _, text := range strings.Split(os.Getenv("VERSIONS"), ",") {
		version, err := strconv.ParseInt(text, 10, 64)
		check(err)
		sent := tp.EventToPublish{
			Type: "order.paid", Record: tp.NewOptNilString(record), Version: tp.NewOptNilInt64(version), Data: jx.Raw(`{"a":1}`),
		}
		made, err := client.PublishEvent(ctx, &sent, tp.PublishEventParams{Account: account})
		check(err)
		read, err := client.GetEvent(ctx, tp.GetEventParams{Account: account, Event: made.ID, Record: tp.NewOptString(record)})
		check(err)
		fmt.Println("version", read.Version.Value)
	}
	two := []tp.EventToPublish{{Type: "order.paid", Data: jx.Raw(`[1]`)}, {Type: "order.strict", Data: jx.Raw(`[1]`)}}
	batch, err := client.PublishEvents(ctx, &tp.PublishEventsReq{Events: two}, tp.PublishEventsParams{Account: account})
	check(err)
	for _, result := range batch.Results {
		if one, ok := result.GetAcceptedResult(); ok {
			fmt.Println("outcome", one.Outcome)
		}
		if one, ok := result.GetRefusedEvent(); ok {
			fmt.Println("outcome", one.Outcome)
		}
	}
	_, err = client.GetEvent(ctx, tp.GetEventParams{Account: account, Event: "nowhere"})
	var problem *tp.ProblemStatusCodeWithHeaders
	if !errors.As(err, &problem) {
		panic(err)
	}
	fmt.Println("code", problem.Response.Code)
}
